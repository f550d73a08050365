"""No page asks more of the database because there are more rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    HarvestItem,
    HarvestRun,
    Host,
    Manifest,
    Picture,
    Source,
)
from tests.catalog.admin.conftest import (
    make_canvas,
    make_collection,
    make_comment,
    make_manifest,
    make_source,
)

TOMORROW = timezone.now() + timedelta(days=1)

#: More than any page of the admin needs: session, user, permissions, counts and rows.
MOST = 30
LISTS = [
    *("source", "harvestrun", "harvestitem", "manifest", "canvas", "comment", "collection"),
    *("host", "picture"),
]


def add_rows(count: int) -> None:
    """``count`` more of everything, all of it on the first row's pages too."""
    top = Collection.objects.order_by("pk").first() or make_collection("top")
    canvas = Canvas.objects.order_by("pk").first()
    manifest = Manifest.objects.order_by("pk").first()
    run = HarvestRun.objects.order_by("pk").first()
    for _ in range(count):
        own = make_manifest(source=make_source())
        new = make_canvas(own, *([manifest] if manifest else []), picture=True)
        canvas, manifest = canvas or new, manifest or own
        if canvas != new:
            canvas.appearances.create(manifest=own, position=0)
        make_comment(canvas, manifest=own)
        make_comment(canvas, origin="curator", author=None)
        CollectionCanvas.objects.create(collection=top, canvas=new)
        make_collection(parent=top)
        new_run = HarvestRun.objects.create(source=own.source)
        run = run or new_run
        Host.objects.create(name=f"{new.pk}.example.org", rests_until=TOMORROW)
        failed = make_canvas(own)
        of_it = {"revision": 1, "outcome": "failed", "host": "images.example.org"}
        Picture.objects.create(canvas=failed, run=run, reason=str(own.pk), kind="timeout", **of_it)
        for of in {run, new_run}:
            for outcome, due_at in (("failed", None), ("pending", TOMORROW)):
                item = HarvestItem(run=of, url=own.url, outcome=outcome, due_at=due_at)
                item.mark, item.reason, item.host = f"{outcome} {own.url}", str(own.pk), "x.example"
                item.save()
        HarvestRun.objects.update(failed=F("failed") + 1)


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.fixture
def pages(curators_client: Client) -> dict[str, str]:
    add_rows(2)
    found = {name: f"/admin/catalog/{name}/" for name in LISTS}
    rows: list[tuple[str, Any]] = [
        ("manifest", Manifest),
        ("canvas", Canvas),
        ("collection", Collection),
        ("harvestrun", HarvestRun),
        ("source", Source),
        ("host", Host),
        ("picture", Picture),
    ]
    for name, model in rows:
        pk = model.objects.order_by("pk").first().pk
        found[f"{name} page"] = reverse(f"admin:catalog_{name}_change", args=[pk])
    run = HarvestRun.objects.order_by("pk").first()
    assert run is not None
    top = Collection.objects.order_by("pk").first()
    assert top is not None
    found["order"] = reverse("admin:catalog_collection_order", args=[top.pk])
    found["order within"] = reverse("admin:catalog_collection_order_within", args=[top.pk])
    found["order top"] = reverse("admin:catalog_collection_order_top")
    found["progress"] = reverse("admin:catalog_harvestrun_progress", args=[run.pk])
    return found


def test_queries_do_not_grow_with_rows(curators_client: Client, pages: dict[str, str]) -> None:
    for url in pages.values():
        curators_client.get(url)  # content types are cached from now on
    before = {name: queries(curators_client, url) for name, url in pages.items()}
    add_rows(6)
    after = {name: queries(curators_client, url) for name, url in pages.items()}
    assert after == before
    assert max(after.values()) <= MOST


def test_a_list_of_manifests_is_few_queries(
    curators_client: Client, django_assert_max_num_queries: Any
) -> None:
    add_rows(10)
    with django_assert_max_num_queries(8):
        curators_client.get("/admin/catalog/manifest/")
    with django_assert_max_num_queries(8):
        curators_client.get("/admin/catalog/canvas/")
