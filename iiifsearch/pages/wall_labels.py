"""What a museum hangs on the wall beside a painting: the label that tells what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, Q, When
from django.utils.text import Truncator
from django.utils.translation import get_language

from catalog.iiif.facts import Facts, facts
from catalog.iiif.types import MetadataEntry
from catalog.models import Comment, Manifest, State
from iiifsearch.pages.cards import Card
from iiifsearch.records import Record

#: Characters of the comment: what is read standing.
LONGEST_COMMENT = 420
#: Motivations of what is said of a painting; links, tags and transcriptions have others.
_SAYING = ("describing", "commenting")


@dataclass(frozen=True)
class WallLabel:
    """``card``: title, maker, date, rights and the way to more. ``technique``: also the material;
    ``place``: where it hangs, or who owns it. Each "" where the source tells nothing.

    ``comment``: what somebody says of the painting, cut to `LONGEST_COMMENT` characters.
    """

    card: Card
    technique: str = ""
    place: str = ""
    comment: str = ""
    comment_language: str = ""


def wall_labels(cards: Sequence[Card]) -> list[WallLabel]:
    """The labels of ``cards`` in their order, in two queries however many they are."""
    told = _facts([card.record for card in cards])
    said = _comments([card.record.canvas.pk for card in cards])
    return [_label(card, told[card.record.canvas.pk], said) for card in cards]


def _label(card: Card, told: Facts, said: dict[int, Comment]) -> WallLabel:
    canvas = card.record.canvas
    comment = said.get(canvas.pk)
    text = " ".join(comment.body.split()) if comment else ""
    return WallLabel(
        card=card,
        technique=canvas.technique or told.technique,
        place=told.place,
        comment=Truncator(text).chars(LONGEST_COMMENT),
        comment_language=comment.language if comment else "",
    )


def _facts(records: Sequence[Record]) -> dict[int, Facts]:
    """What the metadata of each canvas, and then of the manifest that shows it, tells."""
    rows = Manifest.objects.filter(key__in={record.manifest_key for record in records})
    shared = dict(rows.values_list("key", "metadata"))
    found = {}
    for record in records:
        entries = [*record.canvas.metadata, *shared.get(record.manifest_key, ())]
        read = [MetadataEntry(entry["label"], entry["value"]) for entry in entries]
        found[record.canvas.pk] = facts(record.canvas.label, read, (get_language() or "en",))
    return found


def _comments(canvas_ids: Iterable[int]) -> dict[int, Comment]:
    """The comment on each canvas that a label has room for: in the reader's language before others,
    on the whole of it before parts, and the first of these."""
    reader = (get_language() or "en").partition("-")[0]
    own = Q(language__in=("", reader)) | Q(language__istartswith=f"{reader}-")
    rows = (
        Comment.objects.filter(canvas__in=list(canvas_ids), state=State.PUBLISHED)
        # A shared canvas may be spoken of by a manifest that is not public.
        .filter(Q(manifest=None) | Q(manifest__state=State.PUBLISHED))
        .filter(motivation__in=_SAYING)
        .exclude(origin__in=(Comment.Origin.LABEL, Comment.Origin.METADATA))
        .annotate(foreign=Case(When(own, then=0), default=1))
        .annotate(partial=Case(When(w=None, then=0), default=1))
        .order_by("canvas_id", "foreign", "partial", "pk")
        .distinct("canvas_id")
    )
    return {comment.canvas_id: comment for comment in rows}
