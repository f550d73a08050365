"""Harvesting over real HTTP into a real database: what is stored, kept, told."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.harvest import upsert
from catalog.harvest.run import BadSource, perform, request, to_continue
from catalog.models import (
    Canvas,
    Collection,
    CollectionManifest,
    Comment,
    HarvestRun,
    Manifest,
    ManifestCanvas,
    Source,
    State,
)
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


def harvest(url: str) -> HarvestRun:
    return perform(request(url, queue=False))


def counts(run: HarvestRun) -> dict[str, int]:
    names = ("found", "created", "updated", "unchanged", "failed", "skipped")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def test_a_manifest_becomes_rows(server: Museum) -> None:
    made = manifest_3(server.base, comments=("A <b>calm</b> sea.",))
    run = harvest(server.set("/m1.json", made))
    assert run.state == "done", run.message
    assert counts(run) == {"found": 1, "created": 1}
    canvas = Canvas.objects.get()
    assert (canvas.title, canvas.maker, canvas.year) == ("Boats at Rest", "Ada Vento", 1712)
    assert (canvas.width, canvas.height, canvas.raw_id) == (800, 600, f"{server.base}/m1/canvas/1")
    said = {c.origin: c for c in canvas.comments.all()}
    comment = said["annotation"]
    assert (comment.body, comment.html) == ("A calm sea.", "A <b>calm</b> sea.")
    assert (comment.x, comment.y, comment.w, comment.h) == (10, 20, 30, 40)
    assert comment.motivation == "commenting"
    assert {c.label for c in canvas.comments.filter(origin="metadata")} == {"Artist", "Date"}
    manifest = Manifest.objects.get()
    assert manifest.required_statement == made["requiredStatement"]
    assert manifest.raw["items"][0]["id"] == canvas.raw_id
    assert Source.objects.get().kind == "manifest"


def test_second_harvest_of_the_same_is_unchanged(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"ETag": '"1"'})
    harvest(url)
    before = list(Canvas.objects.values()) + list(Comment.objects.values())
    assert counts(harvest(url)) == {"found": 1, "unchanged": 1}
    assert server.log[-1][1]["If-None-Match"] == '"1"'
    assert before == list(Canvas.objects.values()) + list(Comment.objects.values())


def test_change_raises_the_revision_of_what_changed_only(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    old = Canvas.objects.get()
    server.set("/m1.json", manifest_3(server.base, title="Boats at Dawn"))
    assert counts(harvest(url)) == {"found": 1, "updated": 1}
    new = Canvas.objects.get()
    assert new.title == "Boats at Dawn"
    assert new.text_revision == old.text_revision + 1
    assert new.pixel_revision == old.pixel_revision
    assert new.key == old.key
    server.set("/m1.json", manifest_3(server.base, title="Boats at Dawn", image="/b.jpg"))
    harvest(url)
    assert Canvas.objects.get().pixel_revision == old.pixel_revision + 1
    assert Canvas.objects.get().text_revision == new.text_revision


def test_curators_comments_outlive_a_harvest_and_harvested_ones_follow_the_source(
    server: Museum,
) -> None:
    url = server.set("/m1.json", manifest_3(server.base, comments=("Old words.", "Others.")))
    harvest(url)
    canvas = Canvas.objects.get()
    Comment.objects.create(canvas=canvas, key="ours", origin="curator", body="Our own view.")
    server.set("/m1.json", manifest_3(server.base, comments=("New words.",)))
    harvest(url)
    bodies = set(
        canvas.comments.exclude(origin__in=["label", "metadata"]).values_list("body", flat=True)
    )
    assert bodies == {"New words.", "Our own view."}


def test_a_canvas_that_leaves_the_manifest_keeps_its_row(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, canvases=3))
    harvest(url)
    server.set("/m1.json", manifest_3(server.base, canvases=2))
    harvest(url)
    assert (Canvas.objects.count(), ManifestCanvas.objects.count()) == (3, 2)


def test_a_shared_canvas_belongs_to_the_manifest_that_brought_it(server: Museum) -> None:
    """Another one, even an empty shell, adds an appearance and its comments, and takes nothing."""
    one = manifest_3(server.base, "m1")
    stub = manifest_3(server.base, "m2", title="A stub", comments=("Seen elsewhere.",))
    item = {**stub["items"][0], "id": one["items"][0]["id"].upper().replace("HTTP", "http")}
    shared = {**one["items"][0], "items": [], "annotations": item["annotations"]}
    shared["annotations"][0]["items"][0]["target"] = shared["id"]
    harvest(server.set("/m1.json", one))
    run = harvest(server.set("/m2.json", {**stub, "items": [shared]}))
    canvas = Canvas.objects.get()
    assert (canvas.title, canvas.images.count()) == ("Boats at Rest", 1)
    assert canvas.appearances.count() == 2
    assert canvas.comments.filter(body="Seen elsewhere.").exists()
    assert "canvas-shared" in {warning["code"] for warning in run.items.get().warnings}
    # Once the first manifest lets go of it, the other one's word counts.
    harvest(server.set("/m1.json", {**one, "items": []}))
    harvest(server.set("/m2.json", {**stub, "items": [shared], "rights": ""}))
    assert Canvas.objects.get().title == "A stub"


def test_each_manifest_keeps_its_own_spelling_of_a_canvas(server: Museum) -> None:
    one, two = manifest_3(server.base, "m1"), manifest_3(server.base, "m2")
    other = one["items"][0]["id"].replace("http://", "https://")
    harvest(server.set("/m1.json", one))
    harvest(server.set("/m2.json", {**two, "items": [{**one["items"][0], "id": other}]}))
    spelled = ManifestCanvas.objects.order_by("manifest__id").values_list("raw_id", flat=True)
    assert list(spelled) == [one["items"][0]["id"], other]
    assert Canvas.objects.count() == 1


def test_withdrawn_manifests_stay_withdrawn(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    Manifest.objects.update(state=State.WITHDRAWN)
    server.set("/m1.json", manifest_3(server.base, title="Back again"))
    assert counts(harvest(url)) == {"found": 1, "skipped": 1}
    assert Manifest.objects.get().title == "Boats at Rest"


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


def test_a_source_that_answers_unchanged_is_known_for_what_it_is(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"ETag": '"1"'})
    harvest(url)
    Source.objects.update(kind="unknown")
    harvest(url)
    assert Source.objects.get().kind == "manifest"


def test_withdrawn_comments_do_not_come_back(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, comments=("Offensive.",)))
    harvest(url)
    Comment.objects.filter(origin="annotation").update(state=State.WITHDRAWN)
    server.set("/m1.json", manifest_3(server.base, comments=()))
    harvest(url)
    server.set("/m1.json", manifest_3(server.base, comments=("Offensive.",)))
    harvest(url)
    assert Comment.objects.get(origin="annotation").state == State.WITHDRAWN


def test_a_run_that_is_interrupted_goes_on_where_it_was(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(3)]
    run = request(server.set("/c.json", collection_3(server.base, "c", urls)), queue=False)
    real = upsert.store

    def interrupted(parsed: Any, **more: Any) -> Any:
        if "m1" in parsed.id:
            raise KeyboardInterrupt
        return real(parsed, **more)

    monkeypatch.setattr("catalog.harvest.manifests.store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        perform(run)
    run.refresh_from_db()
    assert (run.state, run.found, run.created, run.pending) == ("running", 3, 1, 2)
    monkeypatch.undo()
    asked = len(server.log)
    run = perform(run)
    assert (run.state, counts(run)) == ("done", {"found": 3, "created": 3})
    assert len(server.log) == asked + 2  # what was done is not asked for again


def test_runs_that_nobody_works_on_are_continued(server: Museum) -> None:
    left = request(server.set("/m1.json", manifest_3(server.base)), queue=False)
    assert to_continue() == [left.pk]
    perform(left)
    assert to_continue() == []


def test_a_second_click_gets_the_run_that_is_open(server: Museum) -> None:
    first = request(server.url("/m1.json"))
    assert request(server.url("/m1.json")).pk == first.pk
    HarvestRun.objects.update(state="paused")
    assert request(server.url("/m1.json")).pk == first.pk
    HarvestRun.objects.update(state="done")
    assert request(server.url("/m1.json")).pk != first.pk


def test_limits_are_told(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_manifests": 2}
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(4)]
    run = harvest(server.set("/c.json", collection_3(server.base, "c", urls)))
    assert run.created == 2
    assert "max_manifests" in run.message


BAD = {
    "a web page": (b"<!doctype html><title>Our museum</title>", "text/html", "HTML"),
    "cut short": (
        b'{"@context": "http://iiif.io/api/presentation/3/context.json", "id": "h',
        "",
        "",
    ),
    "other JSON": (b'{"name": "not IIIF"}', "application/json", ""),
    "nothing": (b"", "application/json", ""),
    "a picture": (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_with_url_and_reason_and_loses_nothing(case: str, server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, comments=("Kept.",)))
    harvest(url)
    before = list(Canvas.objects.values()) + list(Comment.objects.values())
    body, content_type, word = BAD[case]
    server.set("/m1.json", body, content_type=content_type)
    run = harvest(url)
    assert run.state == "failed"
    item = run.items.get()
    assert item.outcome == "failed"
    assert url in item.reason
    assert word in item.reason
    assert before == list(Canvas.objects.values()) + list(Comment.objects.values())


def test_forty_megabytes_are_refused(server: Museum) -> None:
    url = server.set("/m1.json", b'{"@id": "' + b"x" * 40 * 2**20 + b'"}')
    run = harvest(url)
    assert run.state == "failed"
    assert "MB" in run.message and url in run.message


def test_windows_1252_is_read_with_a_warning(server: Museum) -> None:
    import json

    text = json.dumps(manifest_3(server.base, title="L’été"), ensure_ascii=False)
    run = harvest(server.set("/m1.json", text.encode("cp1252")))
    assert run.state == "done"
    assert Canvas.objects.get().title == "L’été"
    assert run.items.get().warnings


def test_a_manifest_without_canvases_is_recorded_as_such(server: Museum) -> None:
    run = harvest(server.set("/m1.json", manifest_3(server.base, canvases=0)))
    assert run.created == 1
    assert "no canvases" in run.items.get().reason


def test_nothing_is_half_written(server: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the last step of storing takes the first steps back, and is told."""

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(upsert, "store_comments", broken)
    run = harvest(server.set("/m1.json", manifest_3(server.base)))
    assert (run.state, Manifest.objects.count(), Canvas.objects.count()) == ("failed", 0, 0)
    assert "the disk is full" in run.message


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


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "NaN", "Infinity"])
def test_numbers_that_no_database_holds(number: str, server: Museum) -> None:
    import json

    made = json.dumps(manifest_3(server.base)).replace('"width": 800', f'"width": {number}')
    run = harvest(server.set("/m1.json", made.encode()))
    assert run.state == "done", run.message


def test_dates_at_the_end_of_time(server: Museum) -> None:
    made = manifest_3(server.base, comments=("Late.",))
    made["items"][0]["annotations"][0]["items"][0]["created"] = "9999-12-31T23:59:59-23:00"
    assert harvest(server.set("/m1.json", made)).state == "done"
    assert Comment.objects.get(origin="annotation").created is None


def test_an_etag_that_no_header_may_hold_is_not_sent_back(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"ETag": '"é"'})
    assert harvest(url).state == "done"
    assert harvest(url).state == "done"


def test_referenced_annotation_pages_are_fetched(server: Museum) -> None:
    made = manifest_3(server.base, comments=("From afar.",))
    page = made["items"][0]["annotations"][0]
    made["items"][0]["annotations"] = [{"id": server.url("/page.json"), "type": "AnnotationPage"}]
    server.set("/page.json", {**page, "id": server.url("/page.json")})
    url = server.set("/m1.json", made)
    harvest(url)
    assert Comment.objects.get(origin="annotation").body == "From afar."
    server.set("/page.json", b"", status=404)
    run = harvest(url)
    assert Comment.objects.get(origin="annotation").body == "From afar."
    codes = {warning["code"] for warning in run.items.get().warnings}
    assert "annotation-page-unreadable" in codes


@pytest.mark.parametrize(
    "text", ["", "not a url", "ftp://example.org/m", "javascript:alert(1)", "http://"]
)
def test_what_is_no_url_is_refused_at_once(text: str) -> None:
    with pytest.raises(BadSource):
        request(text)
    assert not Source.objects.exists()


def test_ids_longer_than_an_index_entry(server: Museum) -> None:
    made = manifest_3(server.base)
    made["items"][0]["id"] += "/" + "x" * 5000
    run = harvest(server.set("/m1.json", made))
    assert run.state == "done", run.message
    assert Canvas.objects.get().raw_id.endswith("xxxx")


def test_characters_that_postgres_cannot_store(server: Museum) -> None:
    made = manifest_3(server.base, title="Nul \u0000 and \ud800", comments=("\u0000",))
    run = harvest(server.set("/m1.json", made))
    assert run.state == "done", run.message
