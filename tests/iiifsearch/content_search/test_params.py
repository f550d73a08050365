"""Reading the parameters of a request."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.content_search.params import (
    AutocompleteParams,
    BadParameter,
    ResourceQuery,
    SearchParams,
)


class Sent(dict[str, list[str]]):
    """A stand-in for Django's QueryDict."""

    def getlist(self, key: str) -> list[str]:
        return self.get(key, [])


def sent(**values: str) -> Sent:
    return Sent({name: [value] for name, value in values.items()})


def test_nothing_asked_is_no_restriction() -> None:
    assert SearchParams.parse(Sent()) == SearchParams()
    assert SearchParams.parse(sent(q=" ", motivation="", user="", page="")) == SearchParams()


def test_words_and_uris_are_told_apart() -> None:
    params = SearchParams.parse(sent(q="moon  https://id.example.org/moon boat"))
    assert params.terms == ("moon", "boat")
    assert params.uris == ("https://id.example.org/moon",)
    assert params.resource is None


@pytest.mark.parametrize(
    ("q", "uri", "fragment", "region"),
    [
        ("https://m.example.org/c1", "https://m.example.org/c1", None, None),
        ("https://m.example.org/c1#xywh=1,2,3,4", "https://m.example.org/c1", "xywh=1,2,3,4", 0),
        ("https://m.example.org/c#1#xywh=1,2,3,4", "https://m.example.org/c#1", "xywh=1,2,3,4", 0),
        ("https://m.example.org/a b#xywh=1,2,3,4", "https://m.example.org/a b", "xywh=1,2,3,4", 0),
        ("urn:x:canvas:1#xywh=pixel:1,2,3,4", "urn:x:canvas:1", "xywh=pixel:1,2,3,4", 0),
        ("https://m.example.org/c?a=1#2", "https://m.example.org/c?a=1#2", None, None),
    ],
)
def test_one_uri_is_a_resource(q: str, uri: str, fragment: str | None, region: int | None) -> None:
    resource = SearchParams.parse(sent(q=q)).resource
    assert resource == ResourceQuery(uri, fragment)
    assert resource.region(100, 100) == (None if region is None else (1, 2, 3, 4))


def test_percentages_become_canvas_units() -> None:
    resource = SearchParams.parse(sent(q="https://m.example.org/c#xywh=percent:10,20,50,25"))
    assert resource.resource is not None
    assert resource.resource.region(2000, 1000) == (200, 200, 1000, 250)


@pytest.mark.parametrize("numbers", ["1,2,3", "1,2,0,4", "1,2,-3,4", "a,b,c,d", "", "1e999,0,1,1"])
def test_a_region_that_is_none_is_refused(numbers: str) -> None:
    with pytest.raises(BadParameter, match="xywh=x,y,width,height"):
        SearchParams.parse(sent(q=f"https://m.example.org/c#xywh={numbers}"))


def test_motivations_lose_their_prefixes() -> None:
    asked = "oa:commenting sc:painting http://www.w3.org/ns/oa#tagging commenting"
    assert SearchParams.parse(sent(motivation=asked)).motivations == (
        "commenting",
        "painting",
        "tagging",
    )


def test_non_painting_is_everything_but_painting() -> None:
    params = SearchParams.parse(sent(motivation="non-painting"))
    assert params.motivations == ()
    assert params.wants_motivation("oa:commenting")
    assert not params.wants_motivation("painting")
    assert not params.wants_motivation("")
    both = SearchParams.parse(sent(motivation="non-painting painting"))
    assert both.wants_motivation("sc:painting")


def test_without_motivation_any_passes() -> None:
    assert SearchParams().wants_motivation("")
    assert not SearchParams(motivations=("tagging",)).wants_motivation("commenting")


def test_date_ranges() -> None:
    asked = "2024-01-01T00:00:00Z/2024-02-01T12:30:59Z 2020-02-29T00:00:00Z/2020-02-29T00:00:00Z"
    assert SearchParams.parse(sent(date=asked)).dates == (
        (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, 12, 30, 59, tzinfo=UTC)),
        (datetime(2020, 2, 29, tzinfo=UTC), datetime(2020, 2, 29, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    "date",
    [
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00/2024-02-01T00:00:00",
        "2024-01-01T00:00:00+01:00/2024-02-01T00:00:00Z",
        "2024-13-01T00:00:00Z/2024-14-01T00:00:00Z",
        "2023-02-29T00:00:00Z/2024-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z/2024-01-01T00:00:00Z",
        "2024-02-01T00:00:00Z/2024-01-01T00:00:00Z",
        "٢٠٢٤-01-01T00:00:00Z/2024-02-01T00:00:00Z",
    ],
)
def test_a_date_in_another_form_is_refused_with_the_right_one(date: str) -> None:
    with pytest.raises(BadParameter, match="YYYY-MM-DDThh:mm:ssZ/YYYY-MM-DDThh:mm:ssZ") as error:
        SearchParams.parse(sent(date=date))
    assert error.value.name == "date"


def test_users_are_a_list() -> None:
    assert SearchParams.parse(sent(user="https://a.example.org https://b.example.org")).users == (
        "https://a.example.org",
        "https://b.example.org",
    )


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "1e3", "٣", "9" * 30, "1000001"])
def test_a_page_that_is_none_is_refused(page: str) -> None:
    with pytest.raises(BadParameter, match="page"):
        SearchParams.parse(sent(page=page))


def test_page() -> None:
    assert SearchParams.parse(sent(page="12")).page == 12
    assert SearchParams.parse(Sent(page=["1", "2"])).page == 2


def test_what_is_not_implemented_is_named_and_not_read() -> None:
    asked = sent(q="boat", date="whenever", user="me", box="1,2,3,4", utm_source="x")
    params = SearchParams.parse(asked, implemented={"q", "motivation"})
    assert params.ignored == ("date", "user")
    assert params.query == (("q", "boat"),)
    assert params.dates == ()


def test_a_parameter_that_is_empty_was_not_ignored() -> None:
    assert SearchParams.parse(sent(user=" "), implemented={"q"}).ignored == ()


def test_page_links_repeat_what_was_obeyed() -> None:
    params = SearchParams.parse(Sent(q=["moon", "boat"], page=["3"], motivation=["tagging"]))
    assert params.query == (("q", "moon boat"), ("motivation", "tagging"))


@given(st.dictionaries(st.sampled_from(["q", "motivation", "date", "user", "page"]), st.text()))
def test_any_request_is_read_or_refused(values: dict[str, str]) -> None:
    try:
        params = SearchParams.parse(sent(**values))
    except BadParameter as error:
        assert error.name in values
        assert error.reason in str(error)
    else:
        assert "\x00" not in params.q


class TestAutocomplete:
    def test_q_is_one_string(self) -> None:
        params = AutocompleteParams.parse(sent(q="green bir"))
        assert params.q == "green bir"
        assert params.minimum == 1

    @pytest.mark.parametrize("values", [Sent(), sent(q=""), sent(q="  ")])
    def test_q_must_be_there(self, values: Sent) -> None:
        with pytest.raises(BadParameter, match="first characters"):
            AutocompleteParams.parse(values)

    def test_filters_are_ignored_and_named(self) -> None:
        asked = sent(q="b", min="3", motivation="tagging", date="x", user="y", other="z")
        params = AutocompleteParams.parse(asked)
        assert params.minimum == 3
        assert params.ignored == ("motivation", "date", "user")
        assert params.query == (("q", "b"), ("min", "3"))

    @pytest.mark.parametrize("minimum", ["0", "-2", "many"])
    def test_min_is_a_number(self, minimum: str) -> None:
        with pytest.raises(BadParameter, match="min"):
            AutocompleteParams.parse(sent(q="b", min=minimum))

    def test_min_not_implemented(self) -> None:
        params = AutocompleteParams.parse(sent(q="b", min="x"), implemented={"q"})
        assert (params.minimum, params.ignored) == (1, ("min",))
