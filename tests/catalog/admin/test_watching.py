"""The page of a run in a real browser: it shows how the run goes without being loaded again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import HarvestRun
from tests.browser import needs_chromium, new_page
from tests.catalog.admin.test_runs import make_item, make_run, page_of

pytestmark = needs_chromium


@pytest.fixture
def cookie(transactional_db: None) -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    return client.cookies["sessionid"].value


def test_a_run_is_watched_paused_and_seen_to_its_end(cookie: str, live_server: object) -> None:
    run = make_run("running", found=4, started_at=timezone.now())
    with new_page() as page:
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"{live_server}"}])
        page.goto(f"{live_server}{page_of(run)}")
        page.evaluate("window.loadedOnce = true")
        pause = page.get_by_role("button", name="Pause")
        pause.focus()
        item = make_item(run, "created")
        HarvestRun.objects.update(created=3)
        page.get_by_text("75 %").wait_for(timeout=15_000)
        page.get_by_text(item.url).wait_for()
        assert page.evaluate("window.loadedOnce") is True
        assert pause.evaluate("button => button === document.activeElement")
        page.keyboard.press("Enter")
        page.get_by_text("The harvest is paused.").wait_for()
        page.get_by_role("button", name="Resume").click()
        page.get_by_text("The harvest goes on.").wait_for()
        page.evaluate("window.loadedOnce = true")
        ended = timezone.now()
        HarvestRun.objects.update(state="done", created=4, finished_at=ended)
        page.locator("#run-state .pill-done").wait_for(timeout=15_000)
        assert page.locator("progress").count() == 0
        assert page.get_by_role("button", name="Pause").count() == 0
        assert page.evaluate("window.loadedOnce") is True
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(4000)
        assert asked == []
