"""A real Chromium, for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
def new_page(*, silent: bool = False) -> Iterator[Any]:
    """A page of a new browser, in which no script and no request may fail.

    A request that the page itself gave up, or left behind by going elsewhere, has not failed.
    ``silent``: nor may anything be said on its console.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    complaints: list[str] = []
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # Playwright runs an event loop, in which Django refuses the database unless told otherwise.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        page = browser.new_page()
        if silent:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(_failure(request)))
        try:
            yield page
            browser.close()
        finally:
            connections.close_all()  # the loop has connections of its own, which nobody else closes
    assert not complaints, "\n".join(complaints)


def _failure(request: Any) -> list[str]:
    given_up = request.failure == "net::ERR_ABORTED"
    return [] if given_up else [f"{request.url}: {request.failure}"]
