"""The same pictures folded together on the search page, where somebody ticks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Canvas
from iiifsearch.decisions.pairs import add
from tests.iiifsearch.pages.conftest import Gallery

ASKED = "/?q=lighthouse"


@pytest.fixture
def hung(encoders: Path, gallery: Gallery) -> list[Canvas]:
    """Two that curators called the same, and one of another place."""
    made = [
        gallery.hang("A lighthouse", seed=1, rights="http://creativecommons.org/licenses/by/4.0/"),
        gallery.hang("The lighthouse once more", seed=1),
        gallery.hang("Another lighthouse", seed=2),
    ]
    gallery.index()
    add(made[0], made[1], "same-work", by=User.objects.create_user("ada"))
    return made


def body(address: str) -> str:
    answer = Client().get(address, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_they_are_folded_when_asked_for(hung: list[Canvas]) -> None:
    plain = body(ASKED)
    assert "3 paintings" in plain and "more of the same" not in plain
    assert 'name="fold" value="duplicates">' in plain
    folded = body(f"{ASKED}&fold=duplicates")
    assert "2 paintings" in folded and "and 1 more of the same" in folded
    assert "Folded into others that show the same picture: 1." in folded
    assert 'name="fold" value="duplicates" checked>' in folded
    assert all(canvas.title in folded for canvas in hung)
    assert "creativecommons.org/licenses/by/4.0" in folded  # rights travel with what is folded
    assert "more of the same" not in body(f"{ASKED}&fold=nonsense")


def test_by_likeness_too(hung: list[Canvas]) -> None:
    like = f"/?like={hung[2].key}&features=colour:1"
    assert "more of the same" not in body(like)
    folded = body(f"{like}&fold=duplicates")
    assert "and 1 more of the same" in folded and "fold=duplicates" in folded


def test_in_another_language(hung: list[Canvas]) -> None:
    """What was said already is not taken for English again."""
    answer = Client().get(
        f"/?like={hung[2].key}&features=colour:1&fold=duplicates", headers={"accept-language": "de"}
    )
    assert 'class="notices"' in answer.content.decode()
    notices = answer.context["results"].notices
    assert len(notices) == 2 and not hasattr(notices[0], "lang")


def test_pages_keep_what_was_ticked(hung: list[Canvas], settings: object) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 1}  # type: ignore[attr-defined]
    first = body(f"{ASKED}&fold=duplicates")
    assert "fold=duplicates&amp;page=2" in first and "page=3" not in first
