"""A real Chromium, for the tests that need one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@contextmanager
def new_browser() -> Iterator[Any]:
    """A browser of its own, for one page or for many."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # Playwright runs an event loop, in which Django refuses the database unless told otherwise.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        try:
            yield browser
            browser.close()
        finally:
            connections.close_all()  # the loop has connections of its own, which nobody else closes


@contextmanager
def new_page(
    browser: Any = None, *, silent: bool = False, may_fail: str = "", **options: Any
) -> Iterator[Any]:
    """A page of ``browser``, else of a new one, in which no script and no request may fail.

    A request that the page itself gave up, or left behind by going elsewhere, has not failed.
    ``silent``: nor may anything be said on its console. ``may_fail``: an expression; requests
    whose address it finds may fail all the same. ``options`` are Playwright's, for the page.
    """
    complaints: list[str] = []
    with new_browser() if browser is None else nullcontext(browser) as used:
        page = used.new_page(**options)
        if silent:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(_failure(request, may_fail)))
        try:
            yield page
        finally:
            page.close()
    assert not complaints, "\n".join(complaints)


def _failure(request: Any, may_fail: str) -> list[str]:
    given_up = request.failure == "net::ERR_ABORTED"
    expected = may_fail and re.search(may_fail, request.url)
    return [] if given_up or expected else [f"{request.url}: {request.failure}"]
