"""A small library for tests: served over HTTP, harvested and indexed by the real code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest import MonkeyPatch

from catalog import http
from catalog.harvest.run import perform, request
from catalog.models import Canvas, Collection, Manifest
from iiifsearch.index.everything import index_everything
from tests.iiifsearch.joint import cut_off
from tests.iiifsearch.shelf import Shelf
from tests.manifests import collection_3, manifest_3
from tests.pictures import picture
from tests.servers import Museum

#: name: title, maker, language, picture's seed, what is said of it
WORKS: dict[str, tuple[str, str, str, int, tuple[str, ...]]] = {
    "boats": (
        *("Boats at Rest", "Ada Vento", "en", 1),
        ("Three fishing boats lie on the shore under a pale moon.", "A quiet, melancholy picture."),
    ),
    "letter": (
        *("Woman at a Window", "Jan Bekker", "en", 2),
        ("A young woman reads a letter by daylight; her boat waits outside.",),
    ),
    "jardin": (
        *("Le jardin d'été", "Éloïse Marchand", "fr", 3),
        ("Des fleurs rouges dans un jardin, près de la mer.",),
    ),
    "tsuki": ("月夜の海", "山田", "ja", 4, ("静かな海に月が映る。",)),
}


@dataclass
class Library:
    """What the fixture made: the server, and the rows by the works' short names."""

    server: Museum
    urls: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, made: dict[str, Any]) -> str:
        self.urls[name] = self.server.set(f"/{name}.json", made)
        return self.urls[name]

    def harvest(self, url: str) -> None:
        run = perform(request(url, queue=False))
        assert run.failed == 0, [item.reason for item in run.items.all()]

    def manifest(self, name: str) -> Manifest:
        return Manifest.objects.get(url=self.urls[name])

    def canvas(self, name: str) -> Canvas:
        canvas = self.manifest(name).canvases.order_by("appearances__position").first()
        assert canvas is not None
        return canvas

    @property
    def collection(self) -> Collection:
        return Collection.objects.get()


def publish(library: Library, name: str) -> str:
    title, maker, language, seed, comments = WORKS[name]
    image = f"/{name}.jpg"
    library.server.set(image, picture(seed), content_type="image/jpeg")
    base = library.server.base
    more = {"maker": maker, "language": language, "comments": comments, "image": image}
    return library.add(name, manifest_3(base, name, title=title, **more))


@pytest.fixture
def rich_pictures(monkeypatch: MonkeyPatch) -> None:
    """For an override of ``library`` that asks for this first: its pictures have key points."""
    from tests.iiifsearch.rich import rich  # which hangs pictures in a Library

    monkeypatch.setattr("tests.iiifsearch.conftest.picture", rich)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with ExitStack() as opened:
        yield Shelf(tmp_path_factory.mktemp("shelf"), opened)


@pytest.fixture
def library(
    db: None,
    encoders: Path,
    settings: Any,
    tmp_path: Path,
    shelf: Shelf,
    monkeypatch: MonkeyPatch,
) -> Library:
    """Four works by four makers in three languages; the first two in one collection."""
    storage = tmp_path / "pictures"
    settings.CATALOG = {**settings.CATALOG, "storage": storage}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "public_url": "http://library.example"}
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    made_with = f"{picture.__module__} {settings.IIIFSEARCH}"
    served = shelf.library(made_with, lambda served: _harvest_all(Library(served)), storage)
    return Library(served, {name: served.url(f"/{name}.json") for name in WORKS})


def _harvest_all(made: Library) -> None:
    urls = [publish(made, name) for name in WORKS]
    made.harvest(made.server.set("/c.json", collection_3(made.server.base, "c", urls[:2])))
    for url in urls[2:]:
        made.harvest(url)
    index_everything()


@pytest.fixture
def anything(db: None, monkeypatch: MonkeyPatch) -> None:
    """Every picture is like every text: these ones show nothing that words say."""
    cut_off(monkeypatch, -1.0)
