"""Bytes that are not quite JSON, and bytes that are none at all."""

from __future__ import annotations

import gzip
import json
import pickle

import pytest

from catalog.iiif.errors import (
    EmptyDocument,
    IIIFError,
    NotIIIF,
    NotJSON,
    TooDeep,
    Truncated,
)
from catalog.iiif.reader import read, read_annotation_page
from tests.catalog.iiif import samples

GOOD = samples.data({**samples.manifest3(), "label": {"de": ["Böcklin – „Die Toteninsel“"]}})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf" + GOOD, "byte-order-mark"),
        (GOOD.decode().encode("utf-16"), "not-utf8"),
        (GOOD.decode().encode("utf-16-be"), "not-utf8"),
        (GOOD.decode().encode("utf-32-le"), "not-utf8"),
        (GOOD.decode().encode("cp1252"), "not-utf8"),
        (gzip.compress(GOOD), "gzip"),
        (GOOD + b"\n<!-- 0.3 s -->", "trailing-data"),
        (b"[" + GOOD + b"]", "list-of-one"),
        (GOOD[:-1] + b',"extra": [1, 2,],}', "trailing-comma"),
        (GOOD[:-1] + b',"extra": NaN}', "nan"),
        (GOOD[:-1] + b',"extra": "two\nlines"}', "control-character"),
        (GOOD[:-1] + b',"extra": "\\ud800 \\u0000"}', "unstorable-character"),
        (b" \r\n\t" + GOOD + b"\n", None),
        (GOOD[:-1] + b',"type": "Manifest"}', None),
        (GOOD[:-1] + b',"extra": ' + b"9" * 5000 + b"}", None),
    ],
)
def test_what_can_be_read_is_read(data, code):
    found = read(data, samples.URL)
    assert found.label == {"de": ["Böcklin – „Die Toteninsel“"]}
    assert [w.code for w in found.warnings][: None if code else 0] == ([code] if code else [])


def test_a_declared_character_set_is_used_where_it_is_not_utf8():
    value = {**samples.manifest3(), "label": {"ja": ["睡蓮"]}, "metadata": []}
    data = json.dumps(value, ensure_ascii=False).encode("shift_jis")
    found = read(data, samples.URL, "application/json; charset=Shift_JIS")
    assert found.label == {"ja": ["睡蓮"]}
    for charset in ("hex", "no-such-thing", "undefined", "utf-7", "idna"):
        read(GOOD.decode().encode("cp1252"), samples.URL, f"text/plain; charset={charset}")


def test_a_file_that_mixes_utf8_and_windows_1252_is_read_as_both():
    data = samples.data({**samples.manifest3(), "label": {"none": ["Böcklin X s"]}})
    data = data.replace(b" X ", b"\x92")
    assert read(data, samples.URL).label == {"none": ["Böcklin’s"]}


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", EmptyDocument, "empty document"),
        (b" \n\xef\xbb\xbf", EmptyDocument, "empty document"),
        (
            b"<!DOCTYPE html><html><head><title>Login &amp; more</title></head></html>",
            NotJSON,
            "HTML page, not a manifest: 'Login & more'",
        ),
        (b"<?xml version='1.0'?><mets/>", NotJSON, "XML"),
        (b"\xff\xd8\xff\xe0 JFIF", NotJSON, "JPEG image"),
        (b"%PDF-1.7", NotJSON, "PDF"),
        (b"\x1f\x8b\x08nonsense", NotJSON, "damaged gzip"),
        (b"Not found", NotJSON, "begins 'Not found'"),
        (b'{"label": tru, "x": 1}', NotJSON, "line 1, column 11"),
        (GOOD[:200], Truncated, "breaks off at line 1"),
        (GOOD[:-1], Truncated, f"after {len(GOOD.decode()) - 1} characters"),
        (b'{"@context": "http://iiif', Truncated, "breaks off"),
        (b"[" * 100_000, TooDeep, "deep"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, TooDeep, "deep"),
        (b"null", NotIIIF, "lone JSON value (null)"),
        (b'"text"', NotIIIF, "lone JSON value (str)"),
        (b"[]", NotIIIF, "list of 0"),
        (b"[{},{}]", NotIIIF, "list of 2"),
        (b"{}", NotIIIF, "its keys are none"),
        (b'{"hello": 1}', NotIIIF, "its keys are 'hello'"),
        (b'{"error": {"message": "No such object"}}', NotIIIF, "'No such object'"),
        (b'{"detail": "Rate limit"}', NotIIIF, "'Rate limit'"),
        (
            b'{"@context":"http://iiif.io/api/image/2/context.json","width":1,"height":1}',
            NotIIIF,
            "info.json of an image service",
        ),
        (b'{"type": "AnnotationPage", "items": []}', NotIIIF, "page of annotations"),
        (b'{"@type": "sc:Canvas", "images": []}', NotIIIF, "a single canvas"),
    ],
)
def test_what_cannot_be_read_says_why_where_and_what_to_do(data, error, says):
    with pytest.raises(IIIFError) as raised:
        read(data, samples.URL)
    assert type(raised.value) is error
    assert says in str(raised.value)
    assert raised.value.url == samples.URL and str(raised.value).startswith(samples.URL)
    assert raised.value.fix and raised.value.fix in str(raised.value)


def test_an_annotation_page_is_not_a_manifest_nor_the_other_way_round():
    with pytest.raises(NotIIIF, match="manifest, not a page"):
        read_annotation_page(GOOD, samples.URL)
    with pytest.raises(NotIIIF, match="No such list"):
        read_annotation_page(b'{"error": "No such list"}', samples.URL)


def test_errors_survive_the_way_between_processes():
    error = Truncated("It breaks off.", url=samples.URL)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.url, copy.fix) == (
        Truncated,
        str(error),
        error.url,
        error.fix,
    )
