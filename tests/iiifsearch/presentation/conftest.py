"""A small museum, harvested: a sketchbook of three leaves and two paintings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest import MonkeyPatch

from catalog import collecting, http
from catalog.harvest.run import perform, request
from catalog.models import Canvas, Collection, permanent_key
from tests.manifests import manifest_3
from tests.pictures import keep_picture, picture
from tests.servers import Museum, museum


@dataclass
class Holdings:
    """``leaves``: the canvases of one manifest; the others have one of their own."""

    server: Museum
    leaves: list[Canvas]
    boats: Canvas
    letter: Canvas
    by: User

    def collect(self, *canvases: Canvas, title: str = "Night", **values: Any) -> Collection:
        """A public collection of these."""
        key = permanent_key("test collection", title)
        made = Collection.objects.create(key=key, title=title, **values)
        collecting.add(made, [canvas.pk for canvas in canvases], by=self.by)
        return made


@pytest.fixture
def holdings(
    db: None, settings: Any, tmp_path: Path, monkeypatch: MonkeyPatch
) -> Iterator[Holdings]:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "public_url": "http://library.example"}
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    with museum() as server:
        base = server.base
        book = manifest_3(base, "book", title="Sketches", canvases=3, comments=("A hull.",))
        book["label"]["de"] = ["Skizzen"]
        book["structures"] = [
            {
                "id": f"{base}/book/range/{n}",
                "type": "Range",
                "items": [{"id": f"{base}/book/canvas/{n}", "type": "Canvas"}],
            }
            for n in (1, 2)
        ]
        made = {
            "book": book,
            "boats": manifest_3(base, "boats", title="Boats"),
            "letter": manifest_3(base, "letter", title="Letter"),
        }
        for name, manifest in made.items():
            run = perform(request(server.set(f"/{name}.json", manifest), queue=False))
            assert run.failed == 0
        rows = {canvas.raw_id.removeprefix(base): canvas for canvas in Canvas.objects.all()}
        boats = rows["/boats/canvas/1"]
        keep_picture(boats, picture(1))
        leaves = [rows[f"/book/canvas/{n}"] for n in (1, 2, 3)]
        yield Holdings(
            server, leaves, boats, rows["/letter/canvas/1"], User.objects.create_user("marta")
        )
