"""Harvests of what is known: what is asked for again, and what is no longer there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import withdrawal
from catalog.harvest import manifests
from catalog.models import Activity, Canvas, CollectionManifest, Comment, Manifest
from tests.catalog.harvest.helpers import collection, harvest
from tests.manifests import manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


def test_a_second_harvest_makes_conditional_requests_only(server: Museum) -> None:
    url = collection(server, 5)
    harvest(url)
    before = len(server.log)
    run = harvest(url)
    assert (run.found, run.unchanged) == (5, 5)
    asked = server.log[before:]
    assert len(asked) == 6
    assert all("If-None-Match" in headers for _, headers in asked)
    assert CollectionManifest.objects.count() == 5


def test_a_full_harvest_asks_for_everything_and_stores_it_anew(server: Museum) -> None:
    url = collection(server, 2)
    harvest(url)
    Canvas.objects.update(title="spoilt")
    before = len(server.log)
    run = harvest(url, full=True)
    assert (run.updated, run.unchanged) == (2, 0)
    assert not any("If-None-Match" in headers for _, headers in server.log[before:])
    assert not Canvas.objects.filter(title="spoilt").exists()


def test_a_server_is_not_believed_for_ever(server: Museum) -> None:
    """What changes under one ETag is found all the same, only later."""
    url = collection(server, 1)
    harvest(url)
    made = manifest_3(server.base, "m0", title="Boats at Dawn")
    server.set("/m0.json", made, headers={"ETag": '"0"'})
    assert harvest(url).unchanged == 1
    Manifest.objects.update(read_at=timezone.now() - timedelta(days=31))
    assert harvest(url).updated == 1
    assert Manifest.objects.get().title == "Boats at Dawn"


def test_a_changed_body_under_an_unchanged_etag_counts(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"Last-Modified": "yesterday"})
    harvest(url)
    made = manifest_3(server.base, title="Boats at Dawn")
    server.set("/m1.json", made, headers={"Last-Modified": "yesterday"})
    assert harvest(url).updated == 1


def test_annotation_pages_are_asked_for_conditionally_too(server: Museum) -> None:
    made = manifest_3(server.base, comments=("From afar.",))
    page = made["items"][0]["annotations"][0]
    made["items"][0]["annotations"] = [{"id": server.url("/page.json"), "type": "AnnotationPage"}]
    server.set("/page.json", {**page, "id": server.url("/page.json")}, headers={"ETag": '"p"'})
    url = server.set("/m1.json", made, headers={"ETag": '"m"'})
    harvest(url)
    before = len(server.log)
    assert harvest(url).unchanged == 1
    assert all("If-None-Match" in headers for _, headers in server.log[before:])
    page["items"][0]["body"]["value"] = "From nearby."
    server.set("/page.json", {**page, "id": server.url("/page.json")}, headers={"ETag": '"q"'})
    assert harvest(url).updated == 1
    assert Comment.objects.get(origin="annotation").body == "From nearby."


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_nothing_goes_at_once(server: Museum, status: int) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    server.set("/m1.json", b"", status=status)
    assert harvest(url).failed == 1
    manifest = Manifest.objects.get()
    assert manifest.state == "published"
    assert (manifest.missing_since is not None) == (status in (404, 410))
    Manifest.objects.update(missing_since=timezone.now() - timedelta(days=31))
    harvest(url)
    gone = status in (404, 410)
    assert Manifest.objects.get().state == ("gone" if gone else "published")
    assert bool(Manifest.objects.get().state_reason) == gone
    server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    back = Manifest.objects.get()
    assert (back.state, back.missing_since, back.state_reason) == ("published", None, "")


def test_what_is_withdrawn_while_it_is_asked_for_stays_so(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the state it was in, and whether it changed or not."""
    harvest(collection(server, 3))
    Manifest.objects.filter(url__endswith="/m0.json").update(state="gone")
    Manifest.objects.filter(url__endswith="/m1.json").update(state="gone")
    told = Activity.objects.count()
    real = manifests.unchanged

    def later(*given: Any) -> None:
        manifest = Manifest.objects.get(url__endswith="/m0.json")
        if manifest.state != "withdrawn":
            withdrawal.withdraw_manifest(manifest, reason="A wish")
        real(*given)

    monkeypatch.setattr(manifests, "unchanged", later)
    run = harvest(server.url("/c.json"))
    assert (run.unchanged, run.skipped) == (2, 1)
    states = dict(Manifest.objects.values_list("url", "state"))
    assert [states[server.url(f"/m{n}.json")] for n in range(3)] == [
        "withdrawn",
        "published",
        "published",
    ]
    assert Activity.objects.filter(type="Create", kind="manifest").count() == 4
    assert Activity.objects.count() == told + 1


def test_what_is_withdrawn_while_its_json_is_read_stays_so(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    real = manifests.annotated

    def later(*given: Any, **more: Any) -> Any:
        withdrawal.withdraw_manifest(Manifest.objects.get(), reason="A wish")
        return real(*given, **more)

    monkeypatch.setattr(manifests, "annotated", later)
    run = harvest(url)
    assert (run.skipped, run.unchanged) == (1, 0)
    manifest = Manifest.objects.get()
    assert (manifest.state, manifest.content_hash) == ("withdrawn", "")
