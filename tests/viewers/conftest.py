"""The exhibition, harvested and published by the real code, and the viewers that look at it.

Everything is served over HTTP, and each server is another origin: the viewers' pages, ours, the
museum's, and its image servers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pyvips
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from catalog.harvest.run import perform, request
from catalog.models import Manifest
from iiifsearch.index.everything import index_everything
from tests import image_servers
from tests.browser import new_browser, new_page
from tests.iiifsearch.joint import cut_off
from tests.servers import museum
from tests.viewers import exhibition, served
from tests.viewers.exhibition import PAGES, PAINTINGS, Painting
from tests.viewers.viewer import Viewer

#: Of eight hits there are two pages.
PAGE_SIZE = 5
#: The window, in CSS pixels.
SCREEN = {"width": 1100, "height": 640}


@dataclass(frozen=True)
class Published:
    """Where the viewers' pages are, and our manifests of the exhibition."""

    viewers: str
    level_2: str
    level_0: str
    book: str


@pytest.fixture(scope="package")
def published(
    encoder_cache: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Published]:
    """Harvested once for all tests here: none of them changes anything.

    So the rows are committed, as for a transactional test, and flushed at the end.
    """
    with ExitStack() as stack:
        viewers = stack.enter_context(served.viewers(tmp_path_factory.mktemp("bundles")))
        stack.enter_context(django_db_blocker.unblock())
        live = LiveServer("localhost")
        stack.callback(live.stop)
        stack.enter_context(_settings(live.url, tmp_path_factory.mktemp("kept")))
        # These pictures show nothing that words say: what is found holds the word.
        cut_off(stack.enter_context(pytest.MonkeyPatch.context()), 1.0)
        stack.callback(call_command, "flush", verbosity=0, interactive=False)
        house = stack.enter_context(museum())
        folder = tmp_path_factory.mktemp
        shown = {
            "level-2": (PAINTINGS, _level_2(stack, PAINTINGS, folder("paintings"))),
            "level-0": (PAINTINGS, _level_0(stack, PAINTINGS, folder)),
            "book": (PAGES, _level_2(stack, PAGES, folder("pages"))),
        }
        ours = {}
        for name, (paintings, services) in shown.items():
            made = exhibition.manifest(house.base, name, paintings, services)
            run = perform(request(house.set(f"/{name}.json", made), queue=False))
            assert run.failed == 0, [item.reason for item in run.items.all()]
            ours[name] = f"{live.url}/iiif/manifest/{Manifest.objects.get(url=made['id']).key}"
        index_everything()
        yield Published(viewers, ours["level-2"], ours["level-0"], ours["book"])


def _settings(base: str, kept: Path) -> Any:
    more = {"public_url": base, "page_size": PAGE_SIZE}
    return override_settings(
        CATALOG={**settings.CATALOG, "storage": kept},
        IIIFSEARCH={**settings.IIIFSEARCH, **more},
    )


def _level_2(
    stack: ExitStack, paintings: tuple[Painting, ...], folder: Path
) -> list[dict[str, Any]]:
    base = stack.enter_context(image_servers.level_2(folder))
    services = []
    for number, painting in enumerate(paintings):
        path = str(folder / f"{number}.tif")
        _picture(painting).tiffsave(path, tile=True, pyramid=True, compression="jpeg", Q=92)
        services.append(_service(f"{base}/3/{number}.tif", 2))
    return services


def _level_0(
    stack: ExitStack, paintings: tuple[Painting, ...], mktemp: Callable[[str], Path]
) -> list[dict[str, Any]]:
    services = []
    for painting in paintings:
        folder = mktemp("level-0")
        server = image_servers.level_0(_picture(painting), folder, "iiif3")
        services.append(_service(stack.enter_context(server), 0))
        whole = folder / "p" / "full" / "max" / "0"  # which libvips does not write
        whole.mkdir(parents=True)
        _picture(painting).jpegsave(str(whole / "default.jpg"))
    return services


def _picture(painting: Painting) -> pyvips.Image:
    return pyvips.Image.new_from_array(painting.paint()).copy(interpretation="srgb")


def _service(uri: str, level: int) -> dict[str, Any]:
    return {"id": uri, "type": "ImageService3", "profile": f"level{level}"}


#: Opens one of the manifests in a viewer: a field of `Published`, and what else the page takes.
Look = Callable[..., AbstractContextManager[Viewer]]


@pytest.fixture(scope="package")
def browser(published: Published) -> Iterator[Any]:
    with new_browser() as browser:
        yield browser


@pytest.fixture
def look(published: Published, browser: Any) -> Look:
    """Nothing but this machine may be asked."""

    @contextmanager
    def look(
        kind: type[Viewer], manifest: str = "level_2", may_fail: str = "", **more: str
    ) -> Iterator[Viewer]:
        asked: set[str] = set()
        with new_page(browser, may_fail=may_fail, viewport=SCREEN) as page:
            page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
            viewer = kind(page, published.viewers)
            viewer.open(getattr(published, manifest), **more)
            yield viewer
        assert asked <= {"127.0.0.1", "localhost", ""}, asked  # "": data and blobs

    return look
