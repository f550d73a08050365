"""What collections list and hold: members that come, go, cannot be had, or stand in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.harvest import members
from catalog.harvest.run import perform, request
from catalog.models import Activity, Collection, CollectionManifest, HarvestRun, Listing, Manifest
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


def harvest(url: str, **more: Any) -> HarvestRun:
    run = perform(request(url, queue=False, **more))
    members.leave(run)
    return run


def manifests(server: Museum, count: int) -> list[str]:
    return [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(count)]


def publish(server: Museum, name: str, urls: list[str], **more: Any) -> str:
    return server.set(f"/{name}.json", {**collection_3(server.base, name, urls), **more})


def holds(name: str = "c") -> list[str]:
    rows = CollectionManifest.objects.filter(collection__uri__endswith=f"/{name}.json")
    uris = rows.order_by("position").values_list("manifest__uri", flat=True)
    return [uri.rsplit("/", 1)[1][:-5] for uri in uris]


# -- members that come and go -------------------------------------------------------------------


def test_two_urls_of_one_manifest_in_one_collection(server: Museum) -> None:
    made = manifest_3(server.base, "m0")
    urls = [server.set(f"/m0.json{q}", made, headers={"ETag": '"x"'}) for q in ("", "?a", "?b")]
    url = publish(server, "c", urls)
    for _ in range(3):
        run = harvest(url)
        assert (run.state, run.found, run.failed) == ("done", 3, 0)
        assert holds() == ["m0"]
    assert run.unchanged == 3


def test_a_dead_member_keeps_nobody_from_leaving(server: Museum) -> None:
    urls = [*manifests(server, 3), server.url("/dead.json")]
    url = publish(server, "c", urls)
    harvest(url)
    publish(server, "c", [urls[0], *urls[2:]])
    server.set("/m2.json", b"", status=500)  # it is listed, and will be back
    run = harvest(url)
    assert (run.state, run.failed) == ("done", 2)
    assert holds() == ["m0", "m2"]


def test_a_failed_member_stays_by_whatever_url_it_was_known(server: Museum) -> None:
    server.set("/view?id=1", manifest_3(server.base, "m0"))
    urls = [server.url("/view?id=1"), *manifests(server, 2)[1:]]
    harvest(publish(server, "c", urls))
    Manifest.objects.update(url="https://elsewhere.example/x")  # another source led to it
    server.set("/view?id=1", b"", status=500)
    url = publish(server, "c", urls[:1])
    assert harvest(url).failed == 1
    assert holds() == ["m0"]


def test_nobody_leaves_a_collection_of_which_a_page_is_missing(server: Museum) -> None:
    urls = manifests(server, 4)
    child = publish(server, "child", urls[2:])
    embedded = {"id": child, "type": "Collection", "label": {"en": ["Child"]}}
    made = collection_3(server.base, "c", urls[:2])
    made["items"].append(embedded)
    url = server.set("/c.json", {**made, "next": server.url("/c2.json")})
    publish(server, "c2", [])
    harvest(url)
    assert (holds(), holds("child")) == (["m0", "m1"], ["m2", "m3"])
    made["items"] = [embedded]
    server.set("/c.json", {**made, "next": server.url("/c2.json")})
    publish(server, "child", urls[2:3])
    del server.answers["/c2.json"]
    assert harvest(url).failed == 1
    assert (holds(), holds("child")) == (["m0", "m1"], ["m2"])
    server.answers["/c2.json"] = server.answers["/child.json"]
    harvest(url)
    assert holds() == ["m2"]


def test_nobody_leaves_where_a_limit_bit(server: Museum, settings: Any) -> None:
    urls = manifests(server, 3)
    url = publish(server, "c", urls)
    harvest(url)
    settings.CATALOG = {**settings.CATALOG, "max_manifests": 1}
    publish(server, "c", urls[1:])
    assert harvest(url).message
    assert sorted(holds()) == ["m0", "m1", "m2"]


def test_what_a_newer_run_saw_is_not_undone_by_an_older_one(server: Museum) -> None:
    urls = manifests(server, 2)
    url = publish(server, "c", urls)
    root = publish(server, "root", [])
    made = collection_3(server.base, "root", [])
    made["items"] = [{"id": url, "type": "Collection", "label": {"en": ["C"]}}]
    server.set("/root.json", made)
    older, newer = request(root, queue=False), request(url, queue=False)
    newer = perform(newer)
    publish(server, "c", urls[:1])  # what the older one read, so to say, before
    assert perform(older).state == "done"
    assert Collection.objects.get(uri__endswith="/c.json").read_by == newer.pk
    assert set(Listing.objects.filter(mark__contains="/m").values_list("run_id", flat=True)) == {
        newer.pk
    }
    members.leave(older)
    members.leave(newer)
    assert holds() == ["m0", "m1"]
    harvest(url)
    assert holds() == ["m0"]


def test_places_go_on_from_page_to_page(server: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "AT_ONCE", 2)
    urls = manifests(server, 5)
    second = {**collection_3(server.base, "c", urls[3:]), "id": server.url("/c.json")}
    server.set("/c2.json", second)
    url = publish(server, "c", [*urls[:3], urls[0]], next=server.url("/c2.json"))
    run = harvest(url)
    assert (run.found, run.created) == (5, 5)
    assert holds() == ["m0", "m1", "m2", "m3", "m4"]


# -- manifests that stand in their collection ---------------------------------------------------


def embedding(server: Museum, *made: dict[str, Any]) -> str:
    return server.set("/c.json", {**collection_3(server.base, "c", []), "items": list(made)})


def test_an_embedded_manifest_that_is_as_it_was_is_unchanged(server: Museum) -> None:
    url = embedding(server, *(manifest_3(server.base, f"e{n}") for n in range(3)))
    assert harvest(url).created == 3
    told = Activity.objects.count()
    run = harvest(url)
    assert (run.unchanged, run.failed, run.updated) == (3, 0, 0)
    assert Activity.objects.count() == told
    assert not Manifest.objects.exclude(missing_since=None).exists()
    embedding(server, *(manifest_3(server.base, f"e{n}", title="New") for n in range(3)))
    assert harvest(url).updated == 3
    assert holds() == ["e0", "e1", "e2"]


def test_an_embedded_manifest_does_not_go_and_comes_back(server: Museum) -> None:
    url = embedding(server, manifest_3(server.base, "e0"))
    harvest(url)
    long_ago = timezone.now() - timedelta(days=365)
    Manifest.objects.update(missing_since=long_ago)
    assert harvest(url).unchanged == 1
    manifest = Manifest.objects.get()
    assert (manifest.state, manifest.missing_since) == ("published", None)
    Manifest.objects.update(state="gone", missing_since=long_ago)
    assert harvest(url).unchanged == 1
    assert Manifest.objects.get().state == "published"


def test_a_copy_replaces_no_manifest_of_a_server_out_of_order(server: Museum) -> None:
    url = embedding(server, manifest_3(server.base, "e0", title="Copy"))
    server.set("/e0.json", manifest_3(server.base, "e0", title="Own"))
    harvest(url)
    server.set("/e0.json", b"", status=500)
    assert harvest(url).failed == 1
    assert Manifest.objects.get().title == "Own"
    server.set("/e0.json", b"", status=404)
    assert harvest(url).updated == 1
    assert Manifest.objects.get().title == "Copy"
    server.set("/e0.json", manifest_3(server.base, "e0", title="Own"))
    assert harvest(url).updated == 1
    assert Manifest.objects.get().title == "Own"


def test_a_document_is_read_once_for_all_that_stand_in_it(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, real = [], members.read

    def counted(*given: Any) -> Any:
        read.append(given[1])
        return real(*given)

    monkeypatch.setattr(members, "read", counted)
    run = harvest(embedding(server, *(manifest_3(server.base, f"e{n}") for n in range(5))))
    assert run.created == 5
    assert len(read) == 1
