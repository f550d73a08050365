"""A row of metadata that was withdrawn here stays so, wherever its source puts it next."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Comment, State
from tests.catalog.harvest.helpers import harvest
from tests.manifests import manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db

Row = tuple[str, str]
WRONG, RIGHT = ("Technique", "watercolour"), ("Technique", "oil on canvas")
MAKER = ("Artist", "Ada Vento")


def say(server: Museum, *rows: Row, name: str = "m1", base: str = "m1") -> None:
    made: dict[str, Any] = manifest_3(server.base, base)
    made["id"] = f"{server.base}/{name}.json"
    made["metadata"] = []
    made["items"][0]["metadata"] = [
        {"label": {"en": [label]}, "value": {"en": [text]}} for label, text in rows
    ]
    harvest(server.set(f"/{name}.json", made))


def said(**filters: Any) -> list[Row]:
    rows = Comment.objects.filter(origin="metadata", **filters).order_by("label", "body")
    return list(rows.values_list("label", "body"))


def public() -> list[Row]:
    return said(state=State.PUBLISHED)


@pytest.fixture
def refused(server: Museum) -> Museum:
    say(server, MAKER, WRONG)
    Comment.objects.filter(body="watercolour").update(state=State.WITHDRAWN)
    return server


def test_the_same_again(refused: Museum) -> None:
    say(refused, MAKER, WRONG, ("Style", "Baroque"))
    assert public() == [MAKER, ("Style", "Baroque")]
    assert said(state=State.WITHDRAWN) == [WRONG], "kept as it was harvested"


def test_deleted_and_brought_back(refused: Museum) -> None:
    say(refused, MAKER)
    assert said(state=State.WITHDRAWN) == [WRONG]
    say(refused, MAKER, WRONG)
    assert public() == [MAKER] and said(state=State.WITHDRAWN) == [WRONG]


def test_its_place_is_another_one(refused: Museum) -> None:
    say(refused, MAKER, ("Style", "Baroque"), WRONG)
    assert public() == [MAKER, ("Style", "Baroque")]
    say(refused, ("Technique", "Watercolour "), MAKER)
    assert public() == [MAKER], "in whatever spelling"
    assert said(state=State.WITHDRAWN) == [WRONG]


def test_corrected_at_the_source(refused: Museum) -> None:
    say(refused, MAKER, RIGHT)
    assert public() == [MAKER, RIGHT]
    say(refused, MAKER, WRONG)
    assert public() == [MAKER], "nor does it come back after a correction was taken back"
    assert said(state=State.WITHDRAWN) == [WRONG]


def test_said_by_another_manifest(refused: Museum) -> None:
    say(refused, WRONG, RIGHT, name="m2", base="m1")
    assert public() == [MAKER, RIGHT]


def test_of_another_canvas_it_is_said(refused: Museum) -> None:
    say(refused, WRONG, name="m2", base="m2")
    assert public() == [MAKER, WRONG]


def test_brought_back_here_it_is_as_it_was(refused: Museum) -> None:
    say(refused, MAKER, ("Style", "Baroque"), WRONG)
    Comment.objects.update(state=State.PUBLISHED)
    say(refused, MAKER, WRONG)
    assert public() == [MAKER, WRONG]
