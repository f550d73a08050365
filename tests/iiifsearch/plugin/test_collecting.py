"""From a hit in the viewer's panel to a collection: for curators alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from pytest_django import DjangoDbBlocker

from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House
from tests.iiifsearch.plugin.test_panel import hits, search
from tests.iiifsearch.plugin.test_region import ready
from tests.people import signed_in

pytestmark = needs_chromium


def test_a_hit_is_added(house: House, page: Any, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():  # committed, for the server to see
        client = signed_in("change_collection", "add_collection", staff=True)
        try:
            address = house.viewer("boats")
            ready(page, address)
            search(page, "fishing boats")
            assert hits(page).first.get_by_role("link", name="to a collection").count() == 0
            name = settings.SESSION_COOKIE_NAME
            cookie = {"name": name, "value": client.cookies[name].value, "url": house.live}
            page.context.add_cookies([cookie])
            ready(page, address)
            search(page, "fishing boats")
            with page.context.expect_page() as opened:
                hits(page).first.get_by_role("link", name="to a collection").click()
            asked = opened.value
            asked.wait_for_load_state()
            assert urlsplit(asked.url).path == "/admin/fill/"
            assert "1 painting will be added" in asked.locator("h2").first.inner_text()
            assert "Boats at Rest" in asked.locator(".candidates").inner_text()
            asked.close()
        finally:
            User.objects.all().delete()
