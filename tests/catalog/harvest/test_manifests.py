"""Manifests over real HTTP into a real database: what is stored, kept, told."""

from __future__ import annotations

import pytest

from catalog.models import Canvas, Comment, Manifest, ManifestCanvas, Source, State
from tests.catalog.harvest.helpers import counts, harvest
from tests.manifests import manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


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


def test_a_source_that_answers_unchanged_is_known_for_what_it_is(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"ETag": '"1"'})
    harvest(url)
    Source.objects.update(kind="unknown")
    harvest(url)
    assert Source.objects.get().kind == "manifest"


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


def test_withdrawn_comments_do_not_come_back(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, comments=("Offensive.",)))
    harvest(url)
    Comment.objects.filter(origin="annotation").update(state=State.WITHDRAWN)
    server.set("/m1.json", manifest_3(server.base, comments=()))
    harvest(url)
    server.set("/m1.json", manifest_3(server.base, comments=("Offensive.",)))
    harvest(url)
    assert Comment.objects.get(origin="annotation").state == State.WITHDRAWN
