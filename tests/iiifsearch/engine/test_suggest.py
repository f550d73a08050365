"""What might be said of a painting: comments on others, and tags of those that are like it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Comment
from iiifsearch.engine import suggest
from iiifsearch.models import CanvasVector
from tests.iiifsearch.conftest import Library


def say(library: Library, name: str, label: str, text: str, **more: Any) -> None:
    canvas = library.canvas(name)
    number = Comment.objects.count()
    values = {"origin": "metadata", "label": label, "body": text, "key": f"s{number}", **more}
    Comment.objects.create(canvas=canvas, **values)


def test_comments_on_others_that_fit(library: Library, anything: None) -> None:
    canvas = library.canvas("boats")
    found = suggest.comments(canvas, 10)
    assert {one.comment.canvas_id for one in found} == {
        library.canvas(name).pk for name in ("letter", "jardin", "tsuki")
    }
    measures = [one.similarity for one in found]
    assert measures == sorted(measures, reverse=True)


def test_what_is_not_public_is_not_suggested(library: Library, anything: None) -> None:
    letter = library.canvas("letter")
    letter.comments.update(state="draft")
    found = suggest.comments(library.canvas("boats"), 10)
    assert letter.pk not in {one.comment.canvas_id for one in found}


def test_tags_of_those_that_are_like_it(library: Library) -> None:
    for name in ("letter", "jardin", "tsuki"):
        say(library, name, "Style", "Impressionism")
    say(library, "letter", "Style", "Baroque")
    for name in ("letter", "tsuki"):
        say(library, name, "", "Moon", origin="annotation", motivation="tagging")
    say(library, "jardin", "Note", "x" * 200)
    say(library, "letter", "Note", "x" * 200)
    found = {one.tag.text: one for one in suggest.tags(library.canvas("boats"), 10)}
    style, moon = found["Impressionism"], found["Moon"]
    assert style.tag.label == "Style" and style.relevance == pytest.approx(1.0)
    assert not style.borne and len(style.vouchers) == 3
    assert moon.tag.label == "" and len(moon.vouchers) == 2
    assert moon.relevance == pytest.approx(1.0), "who bears no free tag has no say in them"
    assert "Baroque" not in found, "one painting is no guess"
    assert "x" * 200 not in found
    say(library, "boats", "style", "impressionism")
    found = {one.tag.text: one for one in suggest.tags(library.canvas("boats"), 10)}
    assert found["Impressionism"].borne


def test_nothing_to_go_by_is_told(library: Library, settings: Any) -> None:
    canvas = library.canvas("boats")
    CanvasVector.objects.filter(canvas=canvas).delete()
    with pytest.raises(suggest.NoSuggestion, match="no efficientnet-lite0 yet"):
        suggest.tags(canvas, 10)
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("colour",)}
    with pytest.raises(suggest.NoSuggestion, match="art-joint"):
        suggest.comments(canvas, 10)
