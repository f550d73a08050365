"""In a real browser: the front page and the list of harvests tell how one goes by themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import HarvestRun
from tests.browser import needs_chromium, new_page
from tests.catalog.admin.conftest import make_source

pytestmark = needs_chromium


@pytest.mark.parametrize(
    ("address", "part"),
    [("/admin/", "#underway"), ("/admin/catalog/harvestrun/?state__exact=running", "#result_list")],
)
def test_a_harvest_is_watched_to_its_end(
    address: str, part: str, transactional_db: None, live_server: object
) -> None:
    run = HarvestRun.objects.create(
        source=make_source(), state="running", found=4, started_at=timezone.now()
    )
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    cookie = client.cookies["sessionid"].value
    with new_page() as page:
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"{live_server}"}])
        page.goto(f"{live_server}{address}")
        page.evaluate("window.loadedOnce = true")
        assert page.locator(f"{part} progress").get_attribute("value") == "0"
        HarvestRun.objects.update(created=3)
        page.locator(f'{part} progress[value="3"]').wait_for(timeout=15_000)
        HarvestRun.objects.filter(pk=run.pk).update(
            state="done", created=4, finished_at=timezone.now()
        )
        page.locator(f"{part} progress").wait_for(state="detached", timeout=15_000)
        assert page.evaluate("window.loadedOnce") is True
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(4000)
        assert asked == []
