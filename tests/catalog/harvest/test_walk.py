"""Collections that are walked: each member once, whatever holds or breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.harvest import upsert
from catalog.models import Collection, CollectionManifest
from tests.catalog.harvest.helpers import counts, harvest
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


def test_a_collection_is_walked_and_each_member_recorded(server: Museum) -> None:
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in (1, 2)]
    missing = server.url("/gone.json")
    run = harvest(server.set("/c.json", collection_3(server.base, "c", [*urls, missing, urls[0]])))
    assert counts(run) == {"found": 3, "created": 2, "failed": 1}
    assert run.state == "done"
    collection = Collection.objects.get()
    assert collection.title == "The c collection"
    assert list(collection.members.values_list("position", flat=True)) == [0, 1]
    failed = run.items.get(outcome="failed")
    assert (failed.url, "404" in failed.reason) == (missing, True)


def test_collections_that_hold_each_other_end(server: Museum) -> None:
    def nested(name: str, child: str) -> dict[str, Any]:
        made = collection_3(server.base, name, [])
        made["items"] = [{"id": server.url(f"/{child}.json"), "type": "Collection", "label": {}}]
        return made

    server.set("/a.json", nested("a", "b"))
    server.set("/b.json", nested("b", "a"))
    run = harvest(server.url("/a.json"))
    assert run.state == "done"
    assert len(server.log) == 2
    assert Collection.objects.get(title="The b collection").parent.title == "The a collection"


def test_a_manifest_in_two_collections_is_in_both_and_leaves_when_it_is_dropped(
    server: Museum,
) -> None:
    shared = server.set("/m1.json", manifest_3(server.base, "m1"))
    other = server.set("/m2.json", manifest_3(server.base, "m2"))
    inner = [
        server.set(f"/{name}.json", collection_3(server.base, name, [shared, other]))
        for name in ("a", "b")
    ]
    top = collection_3(server.base, "top", [])
    top["items"] = [{"id": url, "type": "Collection", "label": {}} for url in inner]
    url = server.set("/top.json", top)
    harvest(url)

    def members() -> list[tuple[str, str]]:
        rows = CollectionManifest.objects.values_list("collection__title", "manifest__url")
        return sorted((title[4], made[-7:]) for title, made in rows)

    everything = [("a", "m1.json"), ("a", "m2.json"), ("b", "m1.json"), ("b", "m2.json")]
    assert members() == everything
    server.set("/b.json", collection_3(server.base, "b", [other]))
    server.set("/m2.json", b"", status=503)
    harvest(url)
    # What is no longer listed leaves; what is listed and cannot be reached today stays.
    assert members() == [("a", "m1.json"), ("a", "m2.json"), ("b", "m2.json")]
    server.set("/m2.json", manifest_3(server.base, "m2"))
    harvest(url)
    assert members() == [("a", "m1.json"), ("a", "m2.json"), ("b", "m2.json")]


def test_pages_of_a_collection_are_one_collection(server: Museum) -> None:
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in (1, 2)]
    context = "http://iiif.io/api/presentation/2/context.json"
    first = {
        "@context": context,
        "@type": "sc:Collection",
        "@id": server.url("/c.json"),
        "label": "Paged",
        "first": server.url("/p1.json"),
    }
    page = {**first, "manifests": [{"@id": urls[0], "@type": "sc:Manifest"}]}
    server.set("/p1.json", {**page, "@id": server.url("/p1.json"), "next": server.url("/p2.json")})
    last = {**page, "@id": server.url("/p2.json")}
    last["manifests"] = [{"@id": urls[1], "@type": "sc:Manifest"}]
    server.set("/p2.json", last)
    del page["manifests"]
    run = harvest(server.set("/c.json", first))
    assert run.created == 2, run.message
    assert Collection.objects.get().members.count() == 2


def test_a_manifest_that_only_its_collection_holds(server: Museum) -> None:
    inner = manifest_3(server.base, "m1")
    outer = collection_3(server.base, "c", [])
    run = harvest(server.set("/c.json", {**outer, "items": [inner]}))
    assert (run.created, run.failed) == (1, 0)
    codes = {w["code"] for w in run.items.get(outcome="created").warnings}
    assert "manifest-from-collection" in codes
    assert CollectionManifest.objects.count() == 1


def test_collections_within_a_collection_are_read_where_they_stand(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, "m1"))
    child = collection_3(server.base, "nowhere", [url])
    outer = collection_3(server.base, "c", [])
    run = harvest(server.set("/c.json", {**outer, "items": [child]}))
    assert (run.state, run.created, run.failed) == ("done", 1, 0)
    joined = CollectionManifest.objects.get().collection
    assert (joined.title, joined.parent.title) == ("The nowhere collection", "The c collection")
    assert "/nowhere.json" not in [path for path, _ in server.log]


def test_limits_are_told(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_manifests": 2}
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(4)]
    run = harvest(server.set("/c.json", collection_3(server.base, "c", urls)))
    assert run.created == 2
    assert "max_manifests" in run.message


def test_one_broken_member_does_not_keep_the_others_from_their_turn(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = upsert.store_comments

    def broken(manifest: Any, parsed: Any, *args: Any, **more: Any) -> Any:
        if parsed.id.endswith("m2.json"):
            raise RuntimeError("no such luck")
        return real(manifest, parsed, *args, **more)

    monkeypatch.setattr(upsert, "store_comments", broken)
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in (1, 2, 3)]
    long = server.url("/" + "x" * 6000)
    run = harvest(server.set("/c.json", collection_3(server.base, "c", [long, *urls])))
    assert counts(run) == {"found": 4, "created": 2, "failed": 2}
    reasons = " ".join(run.items.values_list("reason", flat=True))
    assert "no such luck" in reasons and "longer than 2000 bytes" in reasons
