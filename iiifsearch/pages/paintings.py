"""What the page of one painting shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext

from catalog.geometry import Rect
from catalog.iiif.html import plain_text, sanitise
from catalog.iiif.language import best
from catalog.models import Comment, State
from iiifsearch.pages.asked import Asked, percent
from iiifsearch.pages.cards import (
    Card,
    Label,
    box,
    caption,
    card,
    cards,
    has_picture,
    title_of,
)
from iiifsearch.pages.citing import citation
from iiifsearch.pages.collections import SUMMARY, Entry, holding
from iiifsearch.pages.likeness import alike
from iiifsearch.pages.results import Choice, Results
from iiifsearch.pages.rights import Rights, rights
from iiifsearch.presentation.content_state import content_state
from iiifsearch.records import Record, urls
from ml.errors import MLError

#: Long side of the large picture, in CSS pixels: the room that is kept for it.
PICTURE = 1024
SIMILAR = 6
#: Texts shown on one page; the annotations of the canvas hold them all.
MOST_TEXTS = 300

#: The part of a picture that is offered to be looked for.
_MIDDLE = Rect(30, 30, 40, 40)

Region = tuple[int, int, int, int]


@dataclass(frozen=True)
class Text:
    """A text in its language ("" : unknown): ``html`` is sanitised, ``plain`` is not HTML."""

    plain: str
    language: str = ""
    html: SafeString | None = None


@dataclass(frozen=True)
class Remark:
    """What somebody said of the painting. ``number`` marks its region in the picture, if any."""

    key: str
    origin: str
    text: Text
    creator: str
    created: datetime | None
    region: Region | None
    number: int | None = None

    @property
    def xywh(self) -> str:
        return ",".join(map(str, self.region or ()))


@dataclass(frozen=True)
class Row:
    """A row of the record: all that is said under one label, in each language."""

    label: str
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class PaintingPage:
    record: Record
    comments: Sequence[Comment]
    #: There were more comments than a page holds.
    cut: bool
    #: A part of the picture that is meant, in percent of its sides.
    place: Rect | None = None

    @cached_property
    def title(self) -> Text:
        """The title as it is shown, with its language where the labels tell it."""
        shown = title_of(self.record)
        known = next((c.language for c in self._of("label") if c.body == shown), "")
        return Text(shown, known)

    @cached_property
    def other_titles(self) -> tuple[Text, ...]:
        """What else it is called, in the source's order; not what the title says already."""
        shown = self.title.plain
        others = {c.body: c for c in self._of("label") if c.body not in shown}
        return tuple(_text(comment) for comment in others.values())

    @property
    def caption(self) -> str:
        return caption(self.record)

    @property
    def card(self) -> Card:
        return card(self.record)

    # -- the picture

    @property
    def picture(self) -> str:
        """The address of the large picture, "" where none is kept."""
        key = self.record.canvas.key
        return reverse("painting-picture", args=[key]) if has_picture(self.record) else ""

    @property
    def size(self) -> tuple[int, int]:
        return box(self.record, PICTURE)

    @property
    def marked(self) -> list[Remark]:
        """The remarks on a part of the picture, the largest part first, so that a small one is
        never hidden under a large one."""
        there = [remark for remark in self.remarks if remark.number is not None]
        return sorted(there, key=lambda remark: -_area(remark.region))

    @property
    def drawn(self) -> Rect:
        """What the form for a detail begins with, in percent."""
        return self.place or _MIDDLE

    # -- the texts

    @cached_property
    def rows(self) -> list[Row]:
        """The metadata by label, in the source's order; the technique first where no row has it."""
        rows: dict[str, list[Text]] = {}
        for comment in self._of("metadata"):
            rows.setdefault(comment.label, []).append(_text(comment))
        told = {text.plain for texts in rows.values() for text in texts}
        technique = self.record.canvas.technique
        first = (
            [Row(gettext("Technique"), (Text(technique),))]
            if technique and technique not in told
            else []
        )
        return first + [Row(label, tuple(texts)) for label, texts in rows.items()]

    @cached_property
    def remarks(self) -> list[Remark]:
        found, number = [], 0
        for comment in self._of("summary", "annotation", "curator"):
            region = _region(comment, self.record)
            number += region is not None
            found.append(
                Remark(
                    key=comment.key,
                    origin=comment.get_origin_display(),
                    text=_text(comment),
                    creator=comment.creator,
                    created=comment.created,
                    region=region,
                    number=number if region else None,
                )
            )
        return found

    @property
    def rights(self) -> Rights | None:
        return rights(self.record.rights)

    @property
    def statement(self) -> Row | None:
        """The required statement: it has to be shown wherever the painting is."""
        statement: Mapping[str, Any] = self.record.required_statement or {}
        value: Label = statement.get("value") or {}
        texts = [
            Text(plain_text(text), "" if language == "none" else language, _safe(text))
            for language, listed in value.items()
            for text in listed
        ]
        label = plain_text(best(statement.get("label") or {}, ("en",)))
        return Row(label or gettext("Attribution"), tuple(texts)) if texts else None

    # -- elsewhere

    @property
    def citation(self) -> str:
        return citation(self.record, localdate())

    @property
    def annotations_url(self) -> str:
        return urls().annotation_page(self.record.canvas.key)

    @property
    def content_state(self) -> str:
        return content_state(self.record.canvas_uri, None, self.record.manifest_url)

    @property
    def viewer_url(self) -> str:
        """The painting in our own viewer, at the place that is meant."""
        page = reverse("painting-viewer", args=[self.record.canvas.key])
        return f"{page}?xywh={percent(self.place)}" if self.place else page

    @property
    def viewer_link(self) -> str:
        """The manifest's address with what viewers read from a link that is dropped on them."""
        asked = {
            "manifest": self.record.manifest_url,
            "canvas": self.record.canvas_uri,
            "iiif-content": self.content_state,
        }
        return f"{self.record.manifest_url}?{urlencode(asked)}"

    @property
    def public_url(self) -> str:
        return urls().painting(self.record.canvas.key)

    @property
    def public_picture(self) -> str:
        return f"{self.public_url}picture.jpg"

    @property
    def summary(self) -> str:
        """What a link to the page unfolds to: the first thing that is said of the painting, else
        what it is made of; one line of `SUMMARY` characters at most."""
        said = [remark.text.plain for remark in self.remarks]
        record = [text.plain for row in self.rows for text in row.texts]
        text = next((" ".join(one.split()) for one in (*said, *record) if one.strip()), "")
        return Truncator(text).chars(SUMMARY)

    @cached_property
    def similar(self) -> tuple[list[Card], str]:
        """The cards of the most similar paintings, and why there are none if there are none."""
        try:
            answer = alike(self.record)
        except MLError:
            return [], gettext("Paintings cannot be compared at the moment.")
        none = gettext("No other painting looks like it.")
        reason = "" if answer.hits else " ".join(answer.notices) or none
        return cards(answer.hits[:SIMILAR]), reason

    @cached_property
    def collections(self) -> list[Entry]:
        return holding(self.record.canvas)

    @property
    def choices(self) -> list[Choice]:
        """What paintings can be like it by."""
        return Results(asked=Asked(like=self.record.canvas.key)).choices

    @property
    def compared(self) -> str:
        """What it can be compared in, beside what it is compared in here."""
        return ", ".join(choice.preset.within for choice in self.choices if not choice.current)

    def _of(self, *origins: str) -> Iterable[Comment]:
        return (comment for comment in self.comments if comment.origin in origins)


def painting_page(record: Record, place: Rect | None = None) -> PaintingPage:
    comments = list(
        Comment.objects.filter(canvas=record.canvas, state=State.PUBLISHED)
        # A shared canvas may be spoken of by a manifest that is not public.
        .filter(Q(manifest=None) | Q(manifest__state=State.PUBLISHED))
        .order_by("id")[: MOST_TEXTS + 1]
    )
    return PaintingPage(record, comments[:MOST_TEXTS], len(comments) > MOST_TEXTS, place)


def _text(comment: Comment) -> Text:
    return Text(comment.body, comment.language, _safe(comment.html) if comment.html else None)


def _safe(html: str) -> SafeString:
    # The one place where HTML of others goes onto a page as HTML; the sanitiser's answer is safe.
    return mark_safe(sanitise(html))  # noqa: S308


def _region(comment: Comment, record: Record) -> Region | None:
    """The part of the canvas that is meant, in canvas units; None for the whole of it."""
    if comment.x is None or comment.y is None or not comment.w or not comment.h:
        return None
    whole = (0, 0, record.width, record.height)
    region = (comment.x, comment.y, comment.w, comment.h)
    return None if region == whole else region


def _area(region: Region | None) -> int:
    return region[2] * region[3] if region else 0
