"""Pictures at addresses that visitors name: what they are told, and what they are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.decode import PictureError
from catalog.http import FetchError
from iiifsearch.uploads import picture_at
from tests.pictures import picture
from tests.servers import Museum, museum


@pytest.fixture
def server(settings: Any) -> Iterator[Museum]:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    with museum() as served:
        yield served


def test_a_picture_is_fetched(server: Museum) -> None:
    url = server.set("/a.jpg", picture(1), content_type="image/jpeg")
    assert picture_at(url).shape[2] == 3


def test_what_is_refused_and_what_is_not_there_are_told_alike(
    server: Museum, settings: Any
) -> None:
    elsewhere = {"Location": "http://169.254.169.254/latest"}
    urls = [
        server.url("/missing"),
        server.set("/broken", b"", status=503),
        server.set("/circle", b"", status=302, headers={"Location": "/circle"}),
        server.set("/away", b"", status=302, headers=elsewhere),
        "http://127.0.0.1:1/closed",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://no-such-host.invalid/",
        "file:///etc/passwd",
    ]
    for url in urls:
        with pytest.raises(FetchError) as raised:
            picture_at(url)
        assert str(raised.value) == f"{url}: no picture could be fetched from there"
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": False}
    with pytest.raises(FetchError, match="no picture could be fetched from there"):
        picture_at(server.set("/a.jpg", picture(1), content_type="image/jpeg"))


def test_what_is_no_picture_or_too_large_is_told(server: Museum, settings: Any) -> None:
    with pytest.raises(PictureError, match="web page"):
        picture_at(server.set("/page", b"<html></html>"))
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "max_upload_bytes": 100}
    with pytest.raises(FetchError, match="cap"):
        picture_at(server.set("/a.jpg", picture(1), content_type="image/jpeg"))
