"""When two URIs are one, and that normalising twice is normalising once."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.iiif.identity import (
    fetchable,
    is_absolute,
    normalise_uri,
    resolve,
    synthesised_annotation_id,
    synthesised_canvas_id,
)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://Example.ORG/A", "https://example.org/A"),
        ("HTTPS://example.org:443/a", "https://example.org/a"),
        ("http://example.org:80/a", "https://example.org/a"),
        ("http://example.org:8080/a", "https://example.org:8080/a"),
        ("http://example.org", "https://example.org/"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a?b=C", "https://example.org/a?b=C"),
        ("https://example.org/a#", "https://example.org/a"),
        ("https://example.org/a#xywh=1,2,3,4", "https://example.org/a"),
        ("https://example.org/a#t=1,2", "https://example.org/a"),
        ("https://example.org/m#/canvas/1", "https://example.org/m#/canvas/1"),
        ("https://example.org/m#/canvas/1#xywh=1,2,3,4", "https://example.org/m#/canvas/1"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/%7ea%2f%c3%a4", "https://example.org/~a%2F%C3%A4"),
        ("https://example.org/ä/سوق", "https://example.org/%C3%A4/%D8%B3%D9%88%D9%82"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a/../b/./c", "https://example.org/b/c"),
        ("https://example.org/a//b/", "https://example.org/a//b/"),
        ("  https://example.org/a\n", "https://example.org/a"),
        ("urn:UUID:1-2", "urn:UUID:1-2"),
        ("ark:/12148/b1", "ark:/12148/b1"),
        ("http://[::1", "https://[::1/"),
        ("", ""),
    ],
)
def test_the_normal_form(uri, expected):
    assert normalise_uri(uri) == expected


uri_texts = st.one_of(
    st.text(),
    st.text(alphabet="abA/.:?#%25E0[]@ä\u0000 \n&=xywht,", max_size=40),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https", "HTTP", "urn", "ftp"]),
        st.sampled_from(["example.org", "Ex.org:80", "ex.org:443", "u@h:1", "ä.org", "[::1]", ""]),
        st.text(alphabet="/.ab?#%41 ä=&xywht1,", max_size=30),
    ),
)


@given(uri_texts)
@example("http://h:443/")
@example("h://#xywh=#t=")
@example("http://a/#&xywh=")
@example("%%34")
@example("http://h/..//x")
def test_normalising_is_idempotent(uri):
    once = normalise_uri(uri)
    assert normalise_uri(once) == once
    assert once.isascii() and not any(c.isspace() for c in once)


@given(uri_texts)
def test_the_scheme_and_the_media_fragment_do_not_matter(uri):
    if uri.startswith("https://example.org/"):
        assert normalise_uri(uri) == normalise_uri("http" + uri[5:])


@given(uri_texts)
def test_a_fetchable_url_is_ascii_and_keeps_its_encodings(uri):
    found = fetchable(uri)
    assert found.isascii() and fetchable(found) == found
    assert normalise_uri(found) == normalise_uri(uri)


@given(uri_texts, uri_texts)
def test_resolving_never_fails(raw, base):
    assert isinstance(resolve(raw, base), str)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("canvas/1", "https://example.org/iiif/canvas/1"),
        ("/c", "https://example.org/c"),
        ("//other.org/c", "https://other.org/c"),
        ("#c1", "https://example.org/iiif/manifest.json#c1"),
        ("urn:x:1", "urn:x:1"),
        ("", ""),
        ("http://[::", "http://[::"),
    ],
)
def test_resolving(raw, expected):
    assert resolve(raw, "https://example.org/iiif/manifest.json") == expected


def test_absolute_or_not():
    assert is_absolute("https://example.org/a") and is_absolute("urn:x:1")
    assert is_absolute(" ark:/12148/b1") is False  # a path after a scheme says nothing of where
    assert not any(map(is_absolute, ("", "a/b", "//h/a", "http://", "#a", "manifest.json")))


def test_names_given_to_what_has_none():
    one = synthesised_canvas_id("https://example.org/m", 0, "https://images.example.org/1")
    assert one == synthesised_canvas_id("https://example.org/m", 0, "https://images.example.org/1")
    assert one != synthesised_canvas_id("https://example.org/m", 1, "https://images.example.org/1")
    assert one != synthesised_canvas_id("https://example.org/m", 0, "https://images.example.org/2")
    assert normalise_uri(one) == one
    assert synthesised_annotation_id("https://e.org/m#c", "x").startswith("https://e.org/m#c/")
