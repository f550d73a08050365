"""Classes taught by example, in the admin: what they would take in, and taking some of it in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Collection, CollectionCanvas
from tests.iiifsearch.engine.test_classes import fill, teach
from tests.people import signed_in

PAGE = "/admin/classes/"
MAY_SEE = ("view_collection", "view_canvas")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_encoder(settings: Any, tmp_path: Path) -> None:
    live = {"image_encoders": ("colour",), "features": (("colour", 1.0),)}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **live}
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


def test_what_a_class_would_take_in(client_with: Callable[..., Client]) -> None:
    client = client_with(*MAY_SEE)
    assert "No class is taught yet" in client.get(PAGE).content.decode()
    fill("other", 100, seed=1)
    moons = fill("moons", 6, 0, seed=2)
    collection = teach("<Moon>", moons[:3])
    teach("Nothing", [])
    page = client.get(PAGE).content.decode()
    assert "&lt;Moon&gt;" in page and "Taught by 3 examples" in page
    assert "Nothing is to teach a class, and holds no painting yet." in page
    assert f"/admin/catalog/canvas/{moons[4].pk}/change/" in page
    assert f"/admin/catalog/canvas/{moons[0].pk}/change/" not in page
    assert "checkbox" not in page, "who may not change collections chooses nothing"
    assert f"/admin/catalog/collection/{collection.pk}/change/" in page
    assert "Classes taught by example" in client.get("/admin/").content.decode()


def test_chosen_ones_are_added_and_written_down(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 6, 0, seed=2)
    collection = teach("Moon", moons[:3])
    client = client_with(*MAY_SEE, "change_collection")
    chosen = [str(moons[4].pk), str(moons[0].pk), "nonsense", "9" * 40]
    sent = {"collection": collection.key, "canvas": chosen}
    said = client.post(PAGE, sent, follow=True).content.decode()
    assert "1 canvas added to Moon." in said
    members = CollectionCanvas.objects.filter(collection=collection).order_by("position")
    assert [one.canvas_id for one in members] == [m.pk for m in (*moons[:3], moons[4])]
    assert LogEntry.objects.get().change_message == "Added 1 canvases."
    assert "0 canvases added" in client.post(PAGE, sent, follow=True).content.decode()


def test_who_may_not(client_with: Callable[..., Client]) -> None:
    collection = teach("Moon", fill("moons", 3, 0))
    assert client_with("view_canvas").get(PAGE).status_code == 403
    client = client_with(*MAY_SEE)
    assert client.post(PAGE, {"collection": collection.key}).status_code == 403
    may = client_with(*MAY_SEE, "change_collection")
    assert may.post(PAGE, {"collection": "unknown"}).status_code == 404
    Collection.objects.update(teaches=False)
    assert may.post(PAGE, {"collection": collection.key}).status_code == 404
    assert Client().get(PAGE).status_code == 302


def test_queries_do_not_grow_with_what_is_shown(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    teach("Moon", fill("moons", 4, 0, seed=2)[:3])
    client = client_with(*MAY_SEE)
    client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(PAGE)
    fill("more", 10, 0, seed=3)
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)
