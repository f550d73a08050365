"""A painting as one card of a grid: its picture, its caption, and why it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.geometry import Rect
from catalog.iiif.html import plain_text
from iiifsearch.engine.hits import Hit
from iiifsearch.engine.words import QueryTerm
from iiifsearch.excerpts import Excerpt, excerpts
from iiifsearch.pages.asked import percent
from iiifsearch.pages.rights import Rights, rights
from iiifsearch.pages.wording import Share, reasons, shares
from iiifsearch.records import Record, records

#: Long side of a thumbnail in CSS pixels: the room that is kept for it before it has arrived.
THUMBNAIL = 400

Label = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Card:
    """``picture`` is "" where none was kept. ``width`` and ``height`` are CSS pixels.

    ``verdict``: what geometry says of it, and whether it is ``certain``; ``place``: the part of it
    that is meant, in percent of its sides. ``also``: other records of the same picture; ``same``:
    those that a search folded into this one.
    """

    record: Record
    url: str
    similar_url: str
    picture: str
    width: int
    height: int
    title: str
    title_language: str
    alt: str
    rights: Rights | None
    attribution: str
    score: float | None = None
    shares: tuple[Share, ...] = ()
    reasons: tuple[str, ...] = ()
    excerpt: Excerpt | None = None
    verdict: str = ""
    certain: bool = False
    place: Rect | None = None
    also: tuple[Card, ...] = ()
    same: tuple[Card, ...] = ()
    #: No measure speaks for it: it is merely among the nearest.
    faint: bool = False

    @property
    def link(self) -> SafeString:
        """The title, in its language, as a link to the page: for sentences that have it within."""
        lang = format_html(' lang="{}"', self.title_language) if self.title_language else ""
        return format_html('<a href="{}"{}>{}</a>', self.url, lang, self.title)

    @property
    def percent(self) -> int:
        """The score as a whole number, 0 to 100."""
        return round(100 * (self.score or 0))


def card(
    record: Record,
    hit: Hit | None = None,
    excerpt: Excerpt | None = None,
    *,
    verdict: str = "",
    certain: bool = False,
    place: Rect | None = None,
    also: Sequence[Card] = (),
    same: Sequence[Card] = (),
) -> Card:
    key = record.canvas.key
    marked = f"?xywh={percent(place)}" if place else ""
    width, height = box(record, THUMBNAIL)
    return Card(
        record=record,
        url=reverse("painting", args=[key]) + marked,
        similar_url=f"{reverse('search')}?{urlencode({'like': key})}",
        picture=reverse("thumbnail", args=[key]) if has_picture(record) else "",
        width=width,
        height=height,
        title=title_of(record),
        title_language=language_of(record.title, record.manifest_label),
        alt=caption(record),
        rights=rights(record.rights),
        attribution=plain_text(record.attribution),
        # What was drawn by chance has none.
        score=hit.score or None if hit else None,
        shares=shares(hit) if hit else (),
        reasons=reasons(hit) if hit else (),
        excerpt=excerpt,
        verdict=verdict,
        certain=certain,
        place=place,
        also=tuple(also),
        same=tuple(same),
        faint=bool(hit and hit.similarities and not hit.why),
    )


def cards(hits: Sequence[Hit], terms: Sequence[QueryTerm] = ()) -> list[Card]:
    """The cards of ``hits`` in their order, in as many queries for one as for a hundred.

    ``terms``: what was looked for; then each card quotes the comment that it was found by.
    """
    shown = records([one.canvas_id for hit in hits for one in (hit, *hit.same)])
    quoted = excerpts(hits, terms) if terms else {}
    return [
        card(
            shown[hit.canvas_id],
            hit,
            quoted.get(hit.canvas_id),
            same=[card(shown[one.canvas_id]) for one in hit.same if one.canvas_id in shown],
        )
        for hit in hits
        if hit.canvas_id in shown
    ]


# -- the picture and its caption ---------------------------------------------------------------


def has_picture(record: Record) -> bool:
    """Whether a picture of the canvas is kept here. A source's own is never linked to: that
    would tell its server who looks."""
    picture = getattr(record.canvas, "picture", None)
    return picture is not None and picture.sha256 != ""


def box(record: Record, long_side: int) -> tuple[int, int]:
    """Width and height that the canvas takes up when its long side is ``long_side``."""
    scale = long_side / max(record.width, record.height)
    return max(1, round(record.width * scale)), max(1, round(record.height * scale))


def title_of(record: Record) -> str:
    return plain_text(record.title) or gettext("Untitled")


def caption(record: Record) -> str:
    """Title, maker and date in one line: also the text that stands for the picture."""
    return ", ".join(part for part in (title_of(record), record.maker, record.date) if part)


def language_of(title: str, label: Label) -> str:
    """The language that ``title`` is in, "" where the label does not tell."""
    for language, texts in label.items():
        if "; ".join(texts) == title:
            return "" if language in ("none", "@none") else language
    return ""
