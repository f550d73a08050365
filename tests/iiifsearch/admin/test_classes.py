"""Classes taught by example, in the admin: what they would take in, and taking some of it in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Collection, CollectionCanvas
from iiifsearch.admin import taught
from iiifsearch.engine import classes
from iiifsearch.models import Batch, NotOfClass
from tests.iiifsearch.engine.test_classes import fill, teach
from tests.people import person_of, signed_in

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
    chosen = [str(moons[4].pk), str(moons[0].pk), "9" * 18]
    sent = {"collection": collection.key, "chosen": chosen, "decision": "right"}
    said = client.post(PAGE, sent, follow=True).content.decode()
    assert "1 canvas added to Moon." in said
    members = CollectionCanvas.objects.filter(collection=collection).order_by("position")
    assert [one.canvas_id for one in members] == [m.pk for m in (*moons[:3], moons[4])]
    assert LogEntry.objects.get().change_message == "Added 1 canvases."
    assert "Nothing is changed" in client.post(PAGE, sent, follow=True).content.decode()
    for odd in ("nonsense", "9" * 40, "-1", "١"):
        assert client.post(PAGE, {**sent, "chosen": odd}).status_code == 400
    assert client.post(PAGE, {**sent, "decision": "perhaps"}).status_code == 400
    assert (
        "Nothing is chosen"
        in client.post(PAGE, {**sent, "chosen": []}, follow=True).content.decode()
    )


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


def test_refused_ones_never_come_again(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 8, 0, seed=2)
    collection = teach("Moon", moons[:3])
    client = client_with(*MAY_SEE, "change_collection")
    sent = {"collection": collection.key, "chosen": [moons[3].pk, moons[4].pk]}
    said = client.post(PAGE, {**sent, "decision": "wrong"}, follow=True).content.decode()
    assert "2 canvases are none of Moon." in said and "Called none of it: 2." in said
    assert f'value="{moons[3].pk}"' not in said and f'value="{moons[5].pk}"' in said
    assert set(NotOfClass.objects.values_list("canvas", flat=True)) == {moons[3].pk, moons[4].pk}
    fit = classes.of(moons[3])
    assert fit is None
    assert "Called 2 canvases none" in LogEntry.objects.latest("pk").change_message
    # A refused one that is added after all is refused no more; undoing brings both back.
    client.post(PAGE, {"collection": collection.key, "right": moons[3].pk})
    assert NotOfClass.objects.get().canvas_id == moons[4].pk
    last = Batch.objects.latest("pk")
    back = client.post(f"/admin/decisions/{last.pk}/undo/", {"next": PAGE}, follow=True)
    assert "Undone: 1 canvas added to Moon." in back.content.decode()
    assert NotOfClass.objects.count() == 2
    assert CollectionCanvas.objects.filter(collection=collection).count() == 3
    first = Batch.objects.earliest("pk")
    client.post(f"/admin/decisions/{first.pk}/undo/", {"next": PAGE})
    assert not NotOfClass.objects.exists()


def test_all_that_are_shown(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 8, 0, seed=2)
    collection = teach("Moon", moons[:3])
    client = client_with(*MAY_SEE, "change_collection")
    shown = [moons[5].pk, moons[6].pk]
    sent = {"collection": collection.key, "shown": shown, "chosen": [moons[7].pk]}
    client.post(PAGE, {**sent, "decision": "all-right"})
    members = set(collection.canvases.values_list("canvas_id", flat=True))
    assert members == {one.pk for one in (*moons[:3], *moons[5:7])}


def test_the_page_of_one_class_has_all_its_candidates(
    client_with: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taught, "SHOWN", 2)
    monkeypatch.setattr(taught, "PAGE", 4)
    monkeypatch.setattr(taught, "PAGES", 3)
    fill("other", 300, seed=1)
    moons = fill("moons", 20, 0, seed=2)
    collection = teach("Moon", moons[:3])
    client = client_with(*MAY_SEE, "change_collection")
    assert "/admin/classes/Moon/" in client.get(PAGE).content.decode()
    seen: list[str] = []
    for page in (1, 2, 3):
        text = client.get(f"{PAGE}Moon/", {"page": page}).content.decode()
        seen += re.findall(r'name="chosen" value="(\d+)"', text)
    assert len(seen) == len(set(seen)) == 12 and "There are more." in text
    assert set(map(int, seen)) <= {one.pk for one in moons[3:]}
    for odd in ("0", "4", "x", "9" * 40, "-1"):
        assert client.get(f"{PAGE}Moon/", {"page": odd}).status_code == 404
    assert client.get(f"{PAGE}nothing/").status_code == 404
    client.post(f"{PAGE}Moon/", {"wrong": moons[5].pk})
    assert NotOfClass.objects.get().collection == collection
    assert client.get(PAGE, {"page": 2}).status_code == 404


def test_whose_a_collection_is(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 6, 0, seed=2)
    collection = teach("Moon", moons[:3])
    other = User.objects.create_user("somebody")
    collection.curators.add(other)
    client = client_with(*MAY_SEE, "change_collection")
    assert "checkbox" not in client.get(PAGE).content.decode()
    for address in (PAGE, f"{PAGE}Moon/"):
        sent = {"collection": collection.key, "wrong": moons[4].pk}
        assert client.post(address, sent).status_code == 403
    assert not NotOfClass.objects.exists()
    every = client_with(*MAY_SEE, "change_collection", "change_every_collection")
    every.post(PAGE, {"collection": collection.key, "wrong": moons[4].pk})
    batch = Batch.objects.get()
    client.post(f"/admin/decisions/{batch.pk}/undo/")  # not theirs
    assert NotOfClass.objects.exists()
    assert every.get(f"/admin/decisions/{batch.pk}/undo/").status_code == 405
    assert batch.by is not None
    batch.by.user_permissions.clear()
    assert every.post(f"/admin/decisions/{batch.pk}/undo/").status_code == 403
    assert NotOfClass.objects.exists()


def test_a_class_is_whose_its_collection_is(client_with: Callable[..., Client]) -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 6, 0, seed=2)
    collection = teach("Moon", moons[:3])
    named, other = (client_with(*MAY_SEE, "change_collection") for _ in range(2))
    collection.curators.add(person_of(named))
    sent = {"collection": collection.key, "right": moons[4].pk}
    assert "checkbox" not in other.get(PAGE).content.decode()
    assert other.post(PAGE, sent).status_code == 403
    assert collection.canvases.count() == 3
    assert "checkbox" in named.get(PAGE).content.decode()
    assert named.post(PAGE, sent).status_code == 302
    assert collection.canvases.count() == 4
    assert named.post(PAGE, sent | {"collection": "\0"}).status_code == 404


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
