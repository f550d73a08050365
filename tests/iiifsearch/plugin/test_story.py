"""From the address of a collection to the same detail in another painting, as people do it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.cache import cache

from iiifsearch.pages.viewing import BUNDLE
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.plugin.conftest import serve
from tests.iiifsearch.plugin.house import BLUE, RED, works
from tests.iiifsearch.plugin.seen import YELLOW, box_of, overlap
from tests.iiifsearch.plugin.test_region import asked, settled, stage
from tests.iiifsearch.test_worker import indexed, wait_until, worker
from tests.manifests import collection_3

pytestmark = [
    *needs_chromium,
    pytest.mark.skipif(
        settings.EMBEDDED_POSTGRES is None, reason="a worker needs the embedded one"
    ),
    pytest.mark.skipif(finders.find(BUNDLE) is None, reason="The viewer is not built: make viewer"),
]


def test_a_manifest_is_added_found_searched_and_compared(
    transactional_db: None,
    encoders: Path,
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "public_url": live_server.url}
    User.objects.create_superuser("curator", password="a long secret")
    cache.clear()
    with ExitStack() as stack:
        page = stack.enter_context(new_page())
        served, urls = serve(stack, works(), tmp_path_factory)
        address = served.set("/all.json", collection_3(served.base, "all", urls))
        stack.enter_context(worker(tmp_path))
        page.set_viewport_size({"width": 1400, "height": 900})

        # A curator adds the address, and watches.
        page.goto(f"{live_server.url}/admin/catalog/source/add/")
        page.get_by_label("Username").fill("curator")
        page.get_by_label("Password").fill("a long secret")
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("URL").fill(address)
        page.get_by_role("button", name="Harvest", exact=True).click()
        page.locator("#run-state .pill-done").wait_for(timeout=60_000)
        wait_until(indexed, 90)

        # A reader finds a painting by words, and opens it.
        page.goto(live_server.url)
        page.locator("#q").fill("fishing boats under a pale moon")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Boats at Rest", exact=True).click()
        page.get_by_role("link", name="Look closely in the viewer").click()
        page.get_by_role("tab", name="A part of it").wait_for()
        settled(page)

        # Something on it is drawn around, found in another painting, and opened there.
        x, y, w, h = box_of(page, RED, stage(page))
        page.get_by_role("tab", name="A part of it").click()
        with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + w, y + h, steps=8)
            page.mouse.up()
        boats = next(work for work in works() if work.name == "boats")
        assert overlap(asked(answered.value.url)[1], boats.pages[0].frame) > 0.93
        hit = page.get_by_role("listitem").first
        hit.get_by_text("The same, verified").wait_for()
        hit.get_by_role("button", name="Open A Collage").click()
        page.locator(".mirador-osd-container").nth(1).wait_for()
        settled(page)
        second = stage(page, 1)
        assert overlap(box_of(page, YELLOW, second, 25), box_of(page, BLUE, second)) > 0.75
