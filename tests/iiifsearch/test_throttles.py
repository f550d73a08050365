"""Who counts as one visitor, and how often one may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from rest_framework.exceptions import Throttled

from iiifsearch.throttles import ReadThrottle, throttled, throttled_pictures


@pytest.fixture(autouse=True)
def rates(settings: Any) -> Iterator[None]:
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "rate_reads": "2/min",
        "rate_pictures": "1/min",
    }
    cache.clear()
    yield
    cache.clear()


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


def test_a_header_makes_no_new_visitor(db: None, client: Client) -> None:
    codes = [
        client.get("/api/search/", headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(3)
    ]
    assert codes == [400, 400, 429]


@pytest.mark.parametrize(
    ("proxies", "told", "visitor"),
    [
        (0, "203.0.113.1", "10.0.0.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 192.0.2.7", "203.0.113.1"),
        (2, "203.0.113.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (-1, "203.0.113.1", "10.0.0.1"),
    ],
)
def test_the_visitor_behind_proxies_that_are_trusted(
    proxies: int, told: str | None, visitor: str, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "trusted_proxies": proxies}
    headers = {} if told is None else {"X-Forwarded-For": told}
    request: Any = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    assert ReadThrottle().get_ident(request) == visitor


def test_reads_and_pictures_have_rates_of_their_own(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    for decorate, rate in ((throttled, 2), (throttled_pictures, 1)):
        for _ in range(rate):
            assert decorate(view)(request).status_code == 200
        with pytest.raises(Throttled) as raised:
            decorate(view)(request)
        assert raised.value.wait is not None and raised.value.wait > 0
