"""Addresses of searches: read, refused, written again."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalog.geometry import Rect
from iiifsearch.pages.asked import Asked, BadAsk, Filters, part, read

pytestmark = pytest.mark.usefixtures("every_feature")


def asked(address: str) -> Asked:
    return read(QueryDict(address))


def test_an_address_is_read_and_written_again() -> None:
    address = (
        "like=k&xywh=pct:10,20,30.5,40&features=colour:1,palette:0.5"
        "&maker=Ada+Vento&from=1700&to=1750&rights=open&type=drawing"
    )
    question = asked(address)
    assert question.features == {"colour": 1.0, "palette": 0.5}
    assert question.xywh == Rect(10, 20, 30.5, 40)
    assert question.filters == Filters("Ada Vento", 1700, 1750, "open", "drawing")
    assert not question.from_form
    assert not asked("sketch=aabbcc").from_form
    assert question.url() == f"/?{address}"
    assert question.url(3).endswith("&page=3")
    assert asked("palette=%23aabbcc:.5,DDEEFF").palette == (("#aabbcc", 0.5), ("#ddeeff", 1.0))


def test_forms_send_more_than_an_address_needs() -> None:
    weights = asked("like=k&weight-colour=1&weight-hog=0&weight-lbp=0.25&maker=&from=")
    assert weights.from_form
    assert weights.url() == "/?like=k&features=colour:1,lbp:0.25"
    # What the installation goes by anyway needs no saying.
    assert asked("like=k&weight-efficientnet-lite0=1&weight-colour=0.05").url() == "/?like=k"
    assert asked("like=k&x=10&y=20&w=30&h=40").url() == "/?like=k&xywh=pct:10,20,30,40"
    assert asked("like=k&x=0&y=0&w=100&h=100").url() == "/?like=k"
    colours = asked("colour=%23AABBCC&share=60&colour=%23000000&share=0&colour=%23ffffff&share=40")
    assert colours.url() == "/?palette=%23aabbcc:0.6,%23ffffff:0.4"
    fields = "".join(f"&cell=%23{colour}" for colour in ["aabbcc"] * 4 + ["808080"] * 8)
    assert asked(f"maker=vento{fields}").url() == (
        "/?sketch=aabbcc,aabbcc,aabbcc,aabbcc;-,-,-,-;-,-,-,-&maker=vento"
    )
    assert asked("painted=AABBCC,-").url() == "/?sketch=aabbcc,-"
    assert asked("random=").from_form
    assert not asked("random=12").from_form


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("like=k&xywh=pct:200,0,10,10", "no part of the picture"),
        ("like=k&xywh=10,10,10,10", "no part of the picture"),
        ("like=k&x=1&y=2&w=&h=4", "no part of the picture"),
        ("like=k&features=colour:x", "“x” is no number"),
        ("like=k&features=colour:-1", "is no number"),
        ("palette=red:1", "“red” is no colour"),
        ("palette=%23aabbcc:0", "No colour was chosen"),
        ("palette=" + ",".join(["aabbcc:1"] * 6), "At most 5 colours"),
        ("sketch=red", "“red” is no colour"),
        ("sketch=aabbcc,-;-", "same number"),
        ("cell=%23808080", "Nothing is painted"),
        ("cell=%23aabbcc&cell=%23aabbcc&cell=&cell=", "“” is no colour"),
        ("like=k&from=1800&to=1700", "after 1800 and before 1700"),
        ("like=k&from=then", "“then” is no year"),
        ("like=k&from=%D9%A1%D9%A8", "is no year"),
        ("like=k&maker=%3F", "no maker"),
        ("like=k&type=...", "no type of work"),
        ("like=k&rights=mine", "no group of rights"),
    ],
)
def test_what_cannot_be_read_is_told(address: str, reason: str) -> None:
    with pytest.raises(BadAsk, match=reason):
        asked(address)


def test_features_that_are_not_live_are_left_out() -> None:
    question = asked("like=k&features=colour:1,phrenology:1")
    assert question.features == {"colour": 1.0}
    assert question.unknown == ("phrenology",)


def test_without_palettes_none_is_looked_for(settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("colour",)}
    with pytest.raises(BadAsk, match="by chosen colours"):
        asked("palette=aabbcc:1")
    with pytest.raises(BadAsk, match="by a sketch"):
        asked("sketch=aabbcc")


def test_parts_are_cut_to_the_picture() -> None:
    assert part("pct:-10,50,40,80") == Rect(0, 50, 30, 50)
    assert part("") is None
    assert part("pct:nan,0,1,1") is None


@given(
    st.dictionaries(
        st.sampled_from(["like", "xywh", "features", "from", "random", "sketch"]), st.text()
    )
)
def test_anything_is_read_or_refused(sent: dict[str, str]) -> None:
    address = QueryDict(mutable=True)
    address.update(sent)
    try:
        question = read(address)
    except BadAsk:
        return
    again = asked(question.url().removeprefix("/?"))
    assert again.parameters() == question.parameters()
