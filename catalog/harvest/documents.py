"""Asking for JSON again costs a 304: what is known of a URL, and what its answer teaches.

Validators are the server's word, and servers err: they are believed for
``CATALOG["reread_after_days"]``, and not at all by a full harvest.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from catalog.conf import options
from catalog.http import ACCEPT_IIIF, Fetched, fetch
from catalog.models import Document


@dataclass(frozen=True)
class Answer:
    """A JSON document as it is now. ``changed``: not known before, or not as it was."""

    fetched: Fetched
    body: bytes
    changed: bool


def trusted(read_at: datetime | None, full: bool) -> bool:
    """Whether a "not modified" about something that was read then would be believed."""
    limit = timezone.now() - timedelta(days=options.reread_after_days)
    return not full and read_at is not None and read_at > limit


def ask(url: str, known: Document | None, full: bool = False) -> Answer:
    """GET a document, conditionally where it is known. Touches no database. Raises FetchError."""
    believe = known is not None and trusted(known.read_at, full)
    fetched = fetch(
        url,
        max_bytes=options.max_json_bytes,
        accept=ACCEPT_IIIF,
        etag=known.etag if known and believe else "",
        last_modified=known.last_modified if known and believe else "",
    )
    if known is None:
        return Answer(fetched, fetched.body, True)
    before = zlib.decompress(known.body)
    if fetched.unchanged:
        return Answer(_as_known(fetched, known), before, False)
    return Answer(fetched, fetched.body, fetched.body != before)


def _as_known(fetched: Fetched, known: Document) -> Fetched:
    """A 304 says nothing of where the body came from and what it was."""
    return Fetched(
        url=known.url,
        body=b"",
        content_type=known.content_type,
        etag=known.etag,
        last_modified=known.last_modified,
        redirects=fetched.redirects,
        unchanged=True,
    )


def remember(answers: Iterable[tuple[str, Answer]]) -> None:
    """Keep (mark, answer) for the next time; call in the transaction that stores what they say."""
    now = timezone.now()
    rows = [
        Document(
            mark=mark,
            url=answer.fetched.url,
            content_type=answer.fetched.content_type[:200],
            etag=validator(answer.fetched.etag),
            last_modified=validator(answer.fetched.last_modified),
            body=zlib.compress(answer.body),
            read_at=now,
        )
        for mark, answer in dict(answers).items()
        if not answer.fetched.unchanged
    ]
    if rows:
        Document.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["mark"],
            update_fields=["url", "content_type", "etag", "last_modified", "body", "read_at"],
        )


def validator(text: str) -> str:
    """An ETag or date as it can be sent back, or nothing."""
    return text if text.isascii() and "\0" not in text else ""


def by_mark(marks: Iterable[str]) -> dict[str, Document]:
    return Document.objects.in_bulk(list(marks))
