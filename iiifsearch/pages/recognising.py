"""A photo taken in front of paintings -> the label of each that is recognised. It is looked at
once and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile

from catalog.decode import PictureError
from iiifsearch.engine import search as engine
from iiifsearch.engine.recognise import Recognised, recognise
from iiifsearch.pages import wording
from iiifsearch.pages.cards import Card, card, cards
from iiifsearch.pages.wall_labels import WallLabel, wall_labels
from iiifsearch.records import records
from iiifsearch.uploads import picture_of_upload

#: Paintings shown that look like what none of ours is.
INSTEAD = 4


@dataclass(frozen=True)
class PhotoAnswer:
    """``labels``: of the paintings in the photo, in the order in which they are read; where there
    are none, ``instead`` are those that look most like it. ``sure``: how sure it is that none of
    ours is there."""

    labels: Sequence[WallLabel] = ()
    instead: Sequence[Card] = ()
    sure: str = ""
    notices: tuple[str, ...] = ()


def in_photo(upload: UploadedFile | None) -> PhotoAnswer:
    """Raises `catalog.decode.PictureError`, `iiifsearch.engine.recognise.SwitchedOff`,
    `ml.errors.MLError`."""
    if upload is None:
        raise PictureError("No photo was chosen.")
    pixels = picture_of_upload(upload)
    answer = recognise(pixels)
    instead = () if answer.found else engine.by_picture(pixels).hits[:INSTEAD]
    return PhotoAnswer(
        labels=wall_labels(_cards(in_reading_order(answer.found))),
        instead=cards(instead),
        sure=wording.sure(answer.confidence),
        notices=tuple(map(wording.notice, answer.notices)),
    )


def in_reading_order(found: Sequence[Recognised]) -> list[Recognised]:
    """Row by row from the top, each from the left. A painting hangs in a row where its middle is
    no lower than the lower edge of the one that the row begins with."""
    rows: list[list[Recognised]] = []
    for one in sorted(found, key=lambda one: _middle(one)[1]):
        if rows and _middle(one)[1] < _lower_edge(rows[-1][0]):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda one: _middle(one)[0])]


def _middle(one: Recognised) -> tuple[float, float]:
    """In shares of the photo's width and height."""
    assert one.match.outline is not None
    across, down = zip(*one.match.outline, strict=True)
    return sum(across) / 4, sum(down) / 4


def _lower_edge(one: Recognised) -> float:
    assert one.match.outline is not None
    return max(down for _, down in one.match.outline)


def _cards(found: Sequence[Recognised]) -> list[Card]:
    shown = records([pk for one in found for pk in (one.match.canvas_id, *one.also)])
    return [
        card(
            shown[one.match.canvas_id],
            verdict=wording.sure(one.match.probability),
            certain=True,
            also=[card(shown[pk]) for pk in one.also if pk in shown],
        )
        for one in found
        if one.match.canvas_id in shown
    ]
