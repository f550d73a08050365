"""What a visitor's own picture is asked: what looks like it, which painting it is, where its
detail is. It is looked at once and not kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from numpy.typing import NDArray

from catalog.decode import PictureError
from iiifsearch.engine import search as engine
from iiifsearch.engine.recognise import Recognised, recognise
from iiifsearch.pages import wording
from iiifsearch.pages.cards import Card, card, cards
from iiifsearch.pages.likeness import cards_of, place, places
from iiifsearch.pages.results import Results
from iiifsearch.records import records
from iiifsearch.uploads import picture_at, picture_of_upload

#: Hits shown; there is no second page: the picture is gone by then.
HITS = 40
#: Paintings shown that look like what none of ours is.
_INSTEAD = 8


def by_sent(fields: Mapping[str, str], files: Mapping[str, UploadedFile]) -> Results:
    """Raises `catalog.decode.PictureError`, `catalog.http.FetchError`, `ml.errors.MLError`."""
    asked = {"which": _which, "detail": _detail}.get(fields.get("want", ""), _alike)
    return asked(_picture(fields.get("url", "").strip(), files.get("picture")))


def _picture(url: str, upload: UploadedFile | None) -> NDArray[np.uint8]:
    if isinstance(upload, UploadedFile):
        if url:
            raise PictureError("A file and an address were sent; one of them is enough.")
        return picture_of_upload(upload)
    if not url:
        raise PictureError("No file was chosen, and no address given.")
    return picture_at(url)


def _alike(pixels: NDArray[np.uint8]) -> Results:
    answer = engine.by_picture(pixels)
    return Results(
        kind="picture",
        cards=cards(answer.hits[:HITS]),
        total=len(answer.hits),
        notices=wording.notices(answer),
    )


def _which(pixels: NDArray[np.uint8]) -> Results:
    """The paintings in a photo; where none of ours is there, what looks most like it."""
    answer = recognise(pixels)
    none = gettext("None of our paintings is in your picture: %(sure)s.")
    instead = () if answer.found else engine.by_picture(pixels).hits[:_INSTEAD]
    return Results(
        kind="which",
        want="which",
        cards=_recognised(answer.found) or cards(instead),
        total=len(answer.found),
        verdict="" if answer.found else none % {"sure": wording.sure(answer.confidence)},
        notices=tuple(map(wording.notice, answer.notices)),
    )


def _recognised(found: tuple[Recognised, ...]) -> list[Card]:
    this_one = gettext("It is this one: %(sure)s")
    shown = records([pk for one in found for pk in (one.match.canvas_id, *one.also)])
    return [
        card(
            shown[one.match.canvas_id],
            verdict=this_one % {"sure": wording.sure(one.match.probability)},
            certain=True,
            place=place(one.match.place),
            also=[card(shown[pk]) for pk in one.also if pk in shown],
        )
        for one in found
        if one.match.canvas_id in shown
    ]


def _detail(pixels: NDArray[np.uint8]) -> Results:
    found = places(pixels)
    return Results(
        kind="picture-detail",
        want="detail",
        cards=cards_of(found.found[:HITS]),
        total=len(found.found),
        same=found.same,
        notices=found.notices,
    )
