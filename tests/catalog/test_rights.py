"""Rights URIs as their authorities spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rights import COMMON, canonical
from iiifsearch.presentation.collections import collection

BY = "http://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (BY, BY),
        (" https://creativecommons.org/licenses/by/4.0/ ", BY),
        ("https://creativecommons.org/licenses/BY/4.0/deed.de", BY),
        ("https://www.creativecommons.org/licenses/by/4.0/legalcode", BY),
        ("http://creativecommons.org/licenses/by/4.0", BY),
        (
            "https://creativecommons.org/licenses/by-sa/3.0/de/deed.en",
            "http://creativecommons.org/licenses/by-sa/3.0/de/",
        ),
        (
            "https://creativecommons.org/publicdomain/zero/1.0/deed.fr",
            "http://creativecommons.org/publicdomain/zero/1.0/",
        ),
        (
            "https://rightsstatements.org/page/InC/1.0/?language=en",
            "http://rightsstatements.org/vocab/InC/1.0/",
        ),
        ("https://museum.example/terms?x=1#y", "https://museum.example/terms?x=1#y"),
    ],
)
def test_what_people_paste(pasted: str, meant: str) -> None:
    assert canonical(pasted) == meant


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "CC BY", "ftp://x.example/", "http:///x", "http://[", "http://a b/", "http://a\0/"),
        *("http://x.example/é", "http://x.example/<b>", f"http://x.example/{'x' * 3000}"),
    ],
)
def test_what_is_none(wrong: str) -> None:
    with pytest.raises(ValueError, match="URI"):
        canonical(wrong)


def test_the_common_ones_are_spelt_so() -> None:
    assert [canonical(uri) for uri, _name in COMMON] == [uri for uri, _name in COMMON]


ends = st.one_of(st.text(), st.text(st.characters(codec="ascii")))


@given(
    st.one_of(
        ends,
        ends.map(lambda text: f"http://{text}"),
        ends.map(lambda text: f"https://x.example/{text}"),
        st.from_regex(
            r"https?://[a-z0-9.-]{1,20}\.[a-z]{2,4}(:[0-9]{1,6})?/[!-~]{0,20}", fullmatch=True
        ),
    )
)
def test_what_is_taken_stays_and_can_be_published(text: str) -> None:
    try:
        uri = canonical(text)
    except ValueError:
        return
    assert canonical(uri) == uri
    assert collection("https://x.example/c", "C", [], rights=uri)["rights"]
