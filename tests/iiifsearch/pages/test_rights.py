"""Rights URIs and their names."""

from __future__ import annotations

import pytest

from iiifsearch.pages.rights import rights


@pytest.mark.parametrize(
    ("uri", "short", "name"),
    [
        (
            "http://creativecommons.org/publicdomain/zero/1.0/",
            "CC0 1.0",
            "CC0 1.0: dedicated to the public domain",
        ),
        (
            "https://creativecommons.org/publicdomain/mark/1.0/deed.de",
            "Public domain",
            "Public Domain Mark 1.0: no known copyright",
        ),
        (
            "https://creativecommons.org/licenses/by-nc-sa/4.0/",
            "CC BY-NC-SA 4.0",
            "Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
        ),
        (
            "http://creativecommons.org/licenses/by/3.0/at/",
            "CC BY 3.0 AT",
            "Creative Commons Attribution 3.0 AT",
        ),
        ("http://rightsstatements.org/vocab/InC/1.0/", "In Copyright", "In Copyright"),
        (
            "https://rights.example/terms?x=<b>",
            "Rights: rights.example",
            "Rights statement at rights.example",
        ),
        (
            "https://creativecommons.org/licenses/nonsense/4.0/",
            "Rights: creativecommons.org",
            "Rights statement at creativecommons.org",
        ),
        ("https://[bad", "Rights: its source", "Rights statement at its source"),
    ],
)
def test_names(uri: str, short: str, name: str) -> None:
    found = rights(uri)
    assert found is not None
    assert (found.url, found.short, found.name) == (uri, short, name)


def test_what_is_no_address_is_never_a_link() -> None:
    found = rights("javascript:alert(1)")
    assert found is not None
    assert found.url == ""
    assert rights("  ") is None
