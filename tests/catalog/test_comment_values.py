"""What people may say of a painting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import comment_values
from catalog.comment_values import CommentProblem


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("text", {"text": " \n "}),
        ("text", {"text": "a\0b"}),
        ("text", {"text": "half a \ud83d"}),
        ("text", {"text": "x" * (comment_values.LONGEST_TEXT + 1)}),
        ("text", {"text": "<p> </p>", "format": "text/html"}),
        ("format", {"format": "text/markdown"}),
        ("motivation", {"motivation": "painting"}),
        ("motivation", {"motivation": "oa:commenting"}),
        ("language", {"language": "English, please"}),
        ("language", {"language": "e"}),
        ("language", {"language": "en\0"}),
        ("rights", {"rights": "CC BY 4.0"}),
        ("rights", {"rights": "javascript:alert(1)"}),
        ("rights", {"rights": "https://["}),
        ("rights", {"rights": "https://example.org/" + "x" * 2000}),
        ("label", {"label": "x" * 501}),
        ("state", {"state": "withdrawn"}),
        ("region", {"region": (-1, 0, 5, 5)}),
        ("region", {"region": (0, 0, 0, 5)}),
        ("region", {"region": (990, 0, 11, 5)}),
        ("region", {"region": (0, 0, 5, 10**20)}),
    ],
)
def test_what_cannot_be_said(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(CommentProblem) as refused:
        comment_values.checked(**{"text": "A dog."} | values, within=(1000, 800))
    assert list(refused.value.problems) == [field]
    assert len(refused.value.problems[field]) < 300


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(CommentProblem) as refused:
        comment_values.checked("", language="?", rights="?", region=(0, 0, 0, 0))
    assert set(refused.value.problems) == {"text", "language", "rights", "region"}


def test_html_is_cleaned_and_its_words_are_kept_beside_it() -> None:
    sent = '<p onclick="x()">A <b>dog</b></p><script>alert(1)</script>'
    said = comment_values.checked(sent, format="text/html")
    assert (said["body"], said["html"]) == ("A dog", "<p>A <b>dog</b></p>")
    plain = comment_values.checked("1 < 2\r\n<b>", region=(0, 0, 1, 1))
    assert (plain["body"], plain["html"], plain["w"]) == ("1 < 2\n<b>", "", 1)


@given(st.text(), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str, language: str, rights: str, label: str) -> None:
    try:
        said = comment_values.checked(text, language=language, rights=rights, label=label)
    except CommentProblem as error:
        assert error.problems
    else:
        assert said["body"]
        "".join(map(str, said.values())).encode()  # what Postgres takes
        assert "\0" not in said["body"] + said["language"] + said["rights"] + said["label"]


numbers = st.integers(-5, 120)


@given(st.tuples(numbers, numbers, numbers, numbers))
def test_a_region_lies_on_the_canvas(box: tuple[int, int, int, int]) -> None:
    x, y, w, h = box
    inside = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 100 and y + h <= 80
    try:
        said = comment_values.checked("A dog.", region=box, within=(100, 80))
    except CommentProblem:
        assert not inside
    else:
        assert inside
        assert tuple(said[name] for name in "xywh") == box


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("10,20,30,40", (10, 20, 30, 40)),
        ("xywh=1.5,2,3,4", (1, 2, 4, 4)),
        ("percent:10,10,50,50", (100, 80, 500, 400)),
    ],
)
def test_a_region_is_read(text: str, expected: Any) -> None:
    assert comment_values.read_region(text, (1000, 800)) == expected


@pytest.mark.parametrize("text", ["here", "1,2,3", "1,2,0,4", "1e400,0,1,1", "1,2,3,4" * 200])
def test_what_is_no_region_is_told(text: str) -> None:
    with pytest.raises(CommentProblem, match="is no region"):
        comment_values.read_region(text, (1000, 800))
