"""Searching in stock viewers, in our published manifests and without any plugin of ours."""

from __future__ import annotations

import pytest

from tests.browser import needs_chromium
from tests.viewers.conftest import Look
from tests.viewers.exhibition import PAINTINGS, WORD
from tests.viewers.support import shows
from tests.viewers.viewer import Viewer

pytestmark = [*needs_chromium, pytest.mark.django_db]

SAID = [part.said for painting in PAINTINGS for part in painting.parts]
FIRST_PAGE = SAID[:5]


@shows("hits")
def test_hits_are_listed(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(WORD)
        listed = viewer.hits()
    assert len(listed) == len(FIRST_PAGE)
    for text, said in zip(listed, FIRST_PAGE, strict=True):
        assert WORD in text
        assert text in said


@shows("count")
def test_hits_are_counted(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(WORD)
        viewer.more()
        assert viewer.count() == len(SAID)


@shows("paging")
def test_the_second_page_is_there_too(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(WORD)
        viewer.more()
        viewer.choose(SAID[-1])
        assert viewer.shown() == PAINTINGS[-1].label


@shows("autocomplete")
def test_a_word_is_completed(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        assert viewer.suggestions(WORD[:4]) == [WORD]


@shows("click")
def test_a_hit_leads_to_its_canvas(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(WORD)
        assert viewer.shown() == PAINTINGS[0].label
        viewer.choose(PAINTINGS[1].parts[1].said)
        assert viewer.shown() == PAINTINGS[1].label


@shows("nothing")
def test_nothing_found_is_told(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(f"cat -{WORD}")
        assert viewer.says_nothing_was_found()
