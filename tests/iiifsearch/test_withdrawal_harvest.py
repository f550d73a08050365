"""Withdrawals and the real harvest and index: it brings nothing back, and is in nobody's way."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from catalog import withdrawal
from catalog.harvest import upsert
from catalog.harvest.run import perform, request
from catalog.models import Canvas, Manifest, State
from catalog.withdrawal import restore, withdraw_canvas, withdraw_manifest
from iiifsearch.index.everything import index_everything
from tests.iiifsearch.book import REASON, referring_to
from tests.iiifsearch.conftest import Library
from tests.manifests import manifest_3
from tests.servers import museum

pytestmark = pytest.mark.django_db


def anew(library: Library, name: str) -> None:
    """The source changes its manifest, and it is harvested and indexed again."""
    url = library.urls[name]
    made = json.loads(httpx.get(url, trust_env=False).content)
    made["rights"] = f"https://rights.example/{timezone.now().timestamp()}"
    library.add(name, made)
    library.harvest(url)
    index_everything()


def test_no_harvest_brings_a_canvas_back_until_it_is_restored(
    library: Library, client: Client
) -> None:
    canvas, manifest = library.canvas("boats"), library.manifest("boats")
    withdraw_canvas(canvas, reason=REASON)
    anew(library, "boats")
    tombstone = Canvas.objects.get(pk=canvas.pk)
    assert (tombstone.state, tombstone.title, tombstone.label) == ("withdrawn", "", {})
    places = {"catalog_manifestcanvas", "catalog_picture", "iiifsearch_changed"}  # ids alone
    assert set(referring_to(canvas)) <= places
    assert client.get(f"/iiif/manifest/{manifest.key}").json()["items"] == []
    restore(canvas)
    library.harvest(library.urls["boats"])
    index_everything()
    back = Canvas.objects.get(pk=canvas.pk)
    assert (back.state, back.title) == ("draft", canvas.title)
    assert referring_to(canvas)["iiifsearch_canvasvector"] > 0
    assert client.get(f"/iiif/manifest/{manifest.key}").json()["items"] == []
    Canvas.objects.filter(pk=canvas.pk).update(state=State.PUBLISHED)
    assert len(client.get(f"/iiif/manifest/{manifest.key}").json()["items"]) == 1


def test_no_harvest_brings_a_manifest_back_until_it_is_restored(
    library: Library, client: Client
) -> None:
    manifest = library.manifest("letter")
    withdraw_manifest(manifest, reason=REASON)
    anew(library, "letter")
    tombstone = Manifest.objects.get(pk=manifest.pk)
    assert (tombstone.state, tombstone.raw, tombstone.title) == ("withdrawn", {}, "")
    found = client.get("/iiif/search/2/library?q=daylight").content.decode()
    assert "Woman at a Window" not in found
    assert manifest.key not in found
    restore(tombstone)
    library.harvest(library.urls["letter"])
    back = Manifest.objects.get(pk=manifest.pk)
    assert (back.state, back.title) == ("draft", manifest.title)


@pytest.mark.django_db(transaction=True)
def test_a_harvest_of_a_manifest_that_shares_canvases_is_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Storing locks a manifest, then its canvases: a withdrawal of another waits before it locks
    any of them."""
    with museum() as server:
        ours, other = manifest_3(server.base, "ours"), manifest_3(server.base, "other")
        other["items"] = ours["items"]
        urls = [server.set("/ours.json", ours), server.set("/other.json", other)]
        for url in urls:
            perform(request(url, queue=False))
        server.set("/other.json", other | {"label": {"en": ["New"]}})
        storing, withdrawing, real = threading.Event(), threading.Event(), upsert._store_canvases

        stores: list[Any] = []

        def slow(*args: Any) -> Any:
            stores.append(args)
            storing.set()
            withdrawing.wait(0.5)  # longer than it takes a withdrawal to lock what it may
            return real(*args)

        def harvest() -> None:
            try:
                perform(request(urls[1], queue=False))
            finally:
                connections.close_all()

        real_lock = withdrawal._lock

        def lock(canvases: Any) -> list[int]:
            locked = real_lock(canvases)
            if locked:
                withdrawing.set()
            return locked

        monkeypatch.setattr(upsert, "_store_canvases", slow)
        monkeypatch.setattr(withdrawal, "_lock", lock)
        thread = threading.Thread(target=harvest)
        thread.start()
        assert storing.wait(20)
        withdraw_manifest(Manifest.objects.get(url=urls[0]), reason=REASON)
        thread.join()
        assert len(stores) == 1  # it was not in the way, and had not to be done again
        assert Manifest.objects.get(url=urls[0]).state == State.WITHDRAWN
        stays = Manifest.objects.get(url=urls[1])
        assert (stays.title, stays.state, stays.content_hash) == ("New", State.PUBLISHED, "")
        # The canvases are the other's now, and are described anew.
        assert Canvas.objects.exclude(state=State.WITHDRAWN).count() == 1
        perform(request(urls[1], queue=False))
        assert Canvas.objects.get().home == stays
