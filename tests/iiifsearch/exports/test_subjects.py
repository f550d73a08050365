"""What is exported, row by row and as annotations; and what never is."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from catalog.models import Canvas, Collection, CollectionCanvas, State
from iiifsearch.exports.asked import BATCH, Asked
from iiifsearch.exports.cells import unguard
from iiifsearch.exports.subjects import SUBJECTS, NoExport, export
from tests.catalog.admin.conftest import make_canvas, make_manifest
from tests.iiifsearch.exports.conftest import CC0, CC_BY, Shelf

SECRETS = ("Taken down", "taken down")


def table(name: str, asked: Asked) -> list[dict[str, str]]:
    text = b"".join(export(name, "csv", asked).pieces).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    return [{key: unguard(value) for key, value in row.items()} for row in rows]


def document(name: str, asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(export(name, "jsonld", asked).pieces))
    return found


def test_a_collection_for_the_public_is_in_order_and_has_no_drafts(shelf: Shelf) -> None:
    rows = table("collections", Asked(shelf.collection))
    assert [row["canvas"] for row in rows] == [
        *(shelf.second.key, shelf.first.key, shelf.whole.key)
    ]
    assert [row["position"] for row in rows] == ["1", "2", "3"]
    assert {row["state"] for row in rows} == {"published"}
    assert [row["rights"] for row in rows] == [CC0, CC_BY, "Ask the house"]
    boats = rows[1]
    assert (boats["title"], boats["maker"]) == ('=SUM(A1) "Boats"', "Ada Vento")
    assert boats["canvas_uri"] == shelf.first.raw_id
    assert boats["manifest"] == f"http://testserver/iiif/manifest/{shelf.manifest.key}"
    assert boats["manifest_uri"] == shelf.manifest.url
    assert boats["page"] == f"http://testserver/painting/{shelf.first.key}/"
    assert (boats["collection"], boats["collection_rights"]) == (shelf.collection.key, CC_BY)


def test_curators_have_drafts_marked_and_never_what_was_withdrawn(shelf: Shelf) -> None:
    rows = table("collections", Asked(shelf.collection, drafts=True))
    states = {row["title"]: row["state"] for row in rows}
    assert states["Hidden draft"] == "draft"
    assert states["Le port d'été"] == "published"
    assert "Taken down" not in states


def test_a_draft_collection_is_for_curators(shelf: Shelf) -> None:
    Collection.objects.update(state=State.DRAFT)
    shelf.collection.refresh_from_db()
    assert table("collections", Asked(shelf.collection)) == []
    rows = table("collections", Asked(drafts=True))
    assert {row["collection_state"] for row in rows} == {"draft"}


def test_a_painting_of_an_unpublished_manifest_is_a_draft(shelf: Shelf) -> None:
    type(shelf.manifest).objects.filter(pk=shelf.manifest.pk).update(state=State.DRAFT)
    public = table("collections", Asked(shelf.collection))
    assert [row["canvas"] for row in public] == [shelf.whole.key]
    every = table("collections", Asked(shelf.collection, drafts=True))
    assert [row["state"] for row in every] == ["draft"] * 3 + ["published"]


def test_a_collection_in_the_words_of_schema_org(shelf: Shelf) -> None:
    (found,) = document("collections", Asked(shelf.collection))["@graph"]
    assert found["name"] == [
        {"@value": "Ports", "@language": "en"},
        {"@value": "Ports de mer", "@language": "fr"},
    ]
    assert found["description"] == [{"@value": "What lies at the sea."}]
    assert (found["license"], found["creativeWorkStatus"]) == (CC_BY, "published")
    works = found["hasPart"]["@list"]
    assert [work["identifier"] for work in works] == [
        *(shelf.second.key, shelf.first.key, shelf.whole.key)
    ]
    assert works[1]["name"] == '=SUM(A1) "Boats"', "what is no table needs no guard"
    assert works[2]["copyrightNotice"] == "Ask the house"


def test_comments(decided: Shelf) -> None:
    rows = table("comments", Asked(drafts=True))
    assert [row["text"] for row in rows] == [
        *("@Quiet water", "Not yet said", "Of another", "oil", "harbour")
    ]
    quiet, not_yet = rows[:2]
    assert (quiet["xywh"], quiet["licence"], quiet["rights"]) == ("1,2,30,40", CC_BY, CC_BY)
    assert (quiet["creator"], quiet["state"]) == ("Marta Ruiz", "published")
    assert not_yet["state"] == "draft"
    public = [row["text"] for row in table("comments", Asked())]
    assert public == ["@Quiet water", "Of another", "oil", "harbour"]
    of_one = [row["text"] for row in table("comments", Asked(decided.collection, drafts=True))]
    assert "Of another" not in of_one and "@Quiet water" in of_one
    every = table("comments", Asked(drafts=True, harvested=True))
    assert {row["origin"] for row in every} == {"curator", "label"}


def test_comments_as_annotations(decided: Shelf) -> None:
    page = document("comments", Asked(drafts=True))
    assert (page["type"], page["@context"][-1]) == (
        *("AnnotationPage", "http://iiif.io/api/presentation/3/context.json"),
    )
    quiet = page["items"][0]
    assert quiet["body"]["value"] == "@Quiet water"
    assert quiet["target"]["id"] == f"{decided.first.raw_id}#xywh=1,2,30,40"
    assert (quiet["rights"], quiet["creator"]) == (CC_BY, {"name": "Marta Ruiz"})
    assert page["items"][1]["state"] == "draft"


def test_tags_that_were_decided_on_or_written(decided: Shelf) -> None:
    rows = table("tags", Asked(drafts=True))
    told = [(row["decision"], row["text"], row["by"]) for row in rows]
    assert told == [
        *(("right", "oil", "marta"), ("wrong", "gouache", "marta"), ("written", "harbour", "marta"))
    ]
    items = document("tags", Asked(drafts=True))["items"]
    assert [item["motivation"] for item in items] == ["tagging", "moderating", "tagging"]
    assert items[0]["created"].endswith("Z") and items[0]["relevance"] == 0.75


def test_verdicts_link_two_canvases(decided: Shelf) -> None:
    rows = table("verdicts", Asked(drafts=True))
    assert [(row["verdict"], row["state"]) for row in rows] == [
        *(("copy", "published"), ("variant", "draft"))
    ]
    assert (rows[0]["first_rights"], rows[0]["second_rights"]) == (CC_BY, CC0)
    assert rows[0]["note"] == "-by hand"
    item = document("verdicts", Asked(drafts=True))["items"][0]
    assert (item["motivation"], item["target"]["id"]) == ("linking", decided.first.raw_id)
    assert item["body"][0]["value"] == "copy"
    assert item["body"][1]["id"] == decided.second.raw_id
    assert item["creator"]["name"] == "marta"


def test_refusals_and_the_journal(decided: Shelf) -> None:
    (row,) = table("refusals", Asked(decided.collection, drafts=True))
    assert (row["canvas"], row["collection_title"]) == (decided.stranger.key, "Ports")
    (item,) = document("refusals", Asked(drafts=True))["items"]
    assert item["body"]["id"].endswith(decided.collection.key)
    (entry,) = table("journal", Asked(drafts=True))
    assert (entry["by"], entry["action"], entry["kind"]) == ("marta", "changed", "catalog.canvas")
    assert entry["what"] == "Changed state."


@pytest.mark.parametrize("drafts", [False, True])
def test_nothing_that_was_withdrawn_is_in_any_export(decided: Shelf, drafts: bool) -> None:
    for subject in SUBJECTS.values():
        for form in subject.forms:
            if not drafts and not subject.public:
                with pytest.raises(NoExport, match="for curators"):
                    export(subject.name, form, Asked(drafts=False))
                continue
            made = b"".join(export(subject.name, form, Asked(drafts=drafts, harvested=True)).pieces)
            text = made.decode()
            for secret in (decided.withdrawn.key, decided.withdrawn.raw_id, "aken down"):
                assert secret not in text, (subject.name, form)
            if not drafts:
                assert decided.draft.key not in text, (subject.name, form)


@pytest.mark.parametrize(
    ("name", "form", "why"),
    [
        ("nothing", "csv", "There is no export 'nothing'"),
        ("tags", "xml", "csv or jsonld"),
        ("journal", "jsonld", "not as 'jsonld'"),
    ],
)
def test_what_there_is_not_is_refused_with_a_reason(name: str, form: str, why: str) -> None:
    with pytest.raises(NoExport, match=why):
        export(name, form, Asked(drafts=True))


def test_queries_grow_with_batches_only(shelf: Shelf, django_assert_num_queries: Any) -> None:
    manifest = make_manifest()
    canvases = [make_canvas(manifest) for _ in range(20)]
    CollectionCanvas.objects.bulk_create(
        CollectionCanvas(collection=shelf.collection, canvas=canvas, position=9)
        for canvas in canvases
    )
    assert len(canvases) < BATCH
    with django_assert_num_queries(2):  # the members, all that is told of them
        rows = table("collections", Asked(shelf.collection))
    assert len(rows) == 23
    assert Canvas.objects.count() == 26
