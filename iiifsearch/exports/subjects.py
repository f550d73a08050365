"""All exports by name: who may have them, and in which forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from iiifsearch.exports import collections, comments, journal, refusals, tags, verdicts
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.cells import table
from iiifsearch.exports.jsonld import Streamed, written

FORMS = {"csv": "text/csv; charset=utf-8", "jsonld": "application/ld+json"}

#: Characters that are handed on at a time.
_PIECE = 1 << 16


class NoExport(ValueError):
    """Why there is no such export."""


@dataclass(frozen=True)
class Subject:
    """``permission``: of whom may see drafts of it. ``public``: whether it can be had without
    them. ``of_collection``: whether it can be had of one collection."""

    name: str
    label: Promise
    permission: str
    columns: Sequence[str]
    rows: Callable[[Asked], Iterator[tuple[Any, ...]]]
    document: Callable[[Asked], Streamed] | None
    public: bool = False
    of_collection: bool = True

    @property
    def forms(self) -> list[str]:
        return ["csv", "jsonld"] if self.document else ["csv"]


@dataclass(frozen=True)
class File:
    """An export: UTF-8, piece by piece."""

    name: str
    content_type: str
    pieces: Iterator[bytes]


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject(
            "collections",
            _("Collections and what is in them"),
            "catalog.view_collection",
            collections.COLUMNS,
            collections.rows,
            collections.document,
            public=True,
        ),
        Subject(
            "comments",
            _("Comments"),
            "catalog.view_comment",
            comments.COLUMNS,
            comments.rows,
            comments.document,
            public=True,
        ),
        Subject(
            "tags",
            _("Tags that were decided on or written"),
            "iiifsearch.view_tagguess",
            tags.COLUMNS,
            tags.rows,
            tags.document,
        ),
        Subject(
            "verdicts",
            _("Verdicts on pairs"),
            "iiifsearch.view_duplicate",
            verdicts.COLUMNS,
            verdicts.rows,
            verdicts.document,
        ),
        Subject(
            "refusals",
            _("What is none of a class"),
            "iiifsearch.view_notofclass",
            refusals.COLUMNS,
            refusals.rows,
            refusals.document,
        ),
        Subject(
            "journal",
            _("Journal"),
            "admin.view_logentry",
            journal.COLUMNS,
            journal.rows,
            None,
            of_collection=False,
        ),
    )
}


def export(name: str, form: str, asked: Asked) -> File:
    """The export of a subject; nothing of it is read before its first piece is. Raises NoExport."""
    subject = SUBJECTS.get(name)
    if subject is None:
        raise NoExport(f"There is no export {name[:40]!r}. There are: {', '.join(SUBJECTS)}.")
    if form not in subject.forms:
        raise NoExport(f"{name} can be had as {' or '.join(subject.forms)}, not as {form[:40]!r}.")
    if asked.collection is not None and not subject.of_collection:
        raise NoExport(f"The {name} is of the whole library, not of a collection.")
    if not asked.drafts and not subject.public:
        raise NoExport(f"The {name} export is for curators: it has no public form.")
    if form == "csv":
        pieces = table(subject.columns, subject.rows(asked))
    else:
        assert subject.document is not None
        pieces = written(subject.document(asked))
    of = f"-{asked.collection.key}" if asked.collection is not None else ""
    return File(f"{name}{of}.{form}", FORMS[form], _joined(pieces))


def _joined(texts: Iterable[str]) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()
