"""The house, harvested and published by the real code; its pages are what a visitor sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pyvips
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from catalog.harvest.run import perform, request
from catalog.models import Canvas, Manifest
from iiifsearch.index.everything import index_everything
from iiifsearch.pages.viewing import BUNDLE
from tests import image_servers
from tests.browser import new_page
from tests.iiifsearch.plugin.house import Work, works
from tests.servers import Museum, museum


@dataclass(frozen=True)
class House:
    """``live``: where our pages are; ``base``: where the museum's are."""

    live: str
    base: str

    def viewer(self, name: str, page: int = 0) -> str:
        """The address of the viewer on a page of a work."""
        canvases = Canvas.objects.filter(manifests__url=f"{self.base}/{name}.json")
        canvas = canvases.order_by("appearances__position")[page]
        return f"{self.live}/painting/{canvas.key}/viewer/"

    def manifest(self, name: str) -> str:
        """Our copy of its manifest."""
        return (
            f"{self.live}/iiif/manifest/{Manifest.objects.get(url=f'{self.base}/{name}.json').key}"
        )


@pytest.fixture(scope="package")
def house(
    encoder_cache: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """Harvested once for all tests here, none of which changes anything; so the rows are
    committed, and flushed at the end."""
    if finders.find(BUNDLE) is None:
        pytest.skip("The viewer is not built: make viewer")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        live = LiveServer("localhost")
        stack.callback(live.stop)
        options = {**settings.IIIFSEARCH, "public_url": live.url, "rate_pictures": "1000/min"}
        # The museum is on this machine, and visitors send addresses of its pictures.
        catalog = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
        catalog["storage"] = tmp_path_factory.mktemp("kept")
        stack.enter_context(override_settings(CATALOG=catalog, IIIFSEARCH=options))
        stack.callback(call_command, "flush", verbosity=0, interactive=False)
        cache.clear()
        served, urls = serve(stack, works(), tmp_path_factory)
        for url in urls:
            run = perform(request(url, queue=False))
            assert run.failed == 0, [item.reason for item in run.items.all()]
        index_everything()
        yield House(live.url, served.base)


def serve(
    stack: ExitStack, hung: Iterable[Work], folders: pytest.TempPathFactory
) -> tuple[Museum, list[str]]:
    """The museum and the addresses of its manifests. The collage's image server is of level 0, that
    of all others of level 2."""
    served = stack.enter_context(museum())
    folder = folders.mktemp("images")
    level_2 = stack.enter_context(image_servers.level_2(folder))
    urls = []
    for work in hung:
        if work.name == "collage":
            services = [_level_0(stack, work, folders.mktemp("tiles"))]
        else:
            services = _level_2(level_2, work, folder)
        made = work.manifest(served.base, services)
        headers = {"Access-Control-Allow-Origin": "*"}
        urls.append(served.set(f"/{work.name}.json", made, headers=headers))
    return served, urls


def _level_2(base: str, work: Work, folder: Path) -> list[dict[str, Any]]:
    services = []
    for number, page in enumerate(work.pages):
        name = f"{work.name}-{number}.tif"
        pyvips.Image.new_from_array(page.pixels).tiffsave(
            str(folder / name), tile=True, pyramid=True, compression="jpeg", Q=95
        )
        services.append({"id": f"{base}/3/{name}", "type": "ImageService3", "profile": "level2"})
    return services


def _level_0(stack: ExitStack, work: Work, folder: Path) -> dict[str, Any]:
    image = pyvips.Image.new_from_array(work.pages[0].pixels)
    service = stack.enter_context(image_servers.level_0(image, folder, "iiif3"))
    return {"id": service, "type": "ImageService3", "profile": "level0"}


@pytest.fixture
def page(house: House) -> Iterator[Any]:
    """A browser's page that may go nowhere but to this machine."""
    with new_page() as opened:
        opened.set_viewport_size({"width": 1400, "height": 900})
        opened.set_default_timeout(15_000)
        elsewhere: list[str] = []
        opened.on("request", lambda request: elsewhere.extend(_foreign(request.url)))
        yield opened
        assert elsewhere == []


def _foreign(url: str) -> list[str]:
    local = ("http://localhost:", "http://127.0.0.1:", "data:", "blob:")
    return [] if url.startswith(local) else [url]
