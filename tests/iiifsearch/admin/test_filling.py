"""What is picked on a public page, and how it comes into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Activity, Canvas, Collection, CollectionCanvas, State
from iiifsearch.admin import filling
from iiifsearch.pages import picking
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read
from tests.iiifsearch.pages.test_collections import make, put
from tests.people import signed_in

FILL = "/admin/fill/"
MAY = ("change_collection", "add_collection", "view_collection", "view_canvas")


@pytest.fixture
def gallery(db: None, settings: Any, tmp_path: Path) -> Gallery:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    return Gallery()


@pytest.fixture
def boats(gallery: Gallery) -> list[Canvas]:
    return [gallery.hang(f"Boats {n}", kept=False) for n in range(4)]


@pytest.fixture
def curator(db: None) -> Client:
    return signed_in(*MAY, staff=True)


def ask(client: Client, status: int = 200, **asked: Any) -> str:
    response = client.get(FILL, asked)
    assert response.status_code == status
    return response.content.decode()


def members(collection: Collection) -> list[int]:
    rows = CollectionCanvas.objects.filter(collection=collection).order_by("position")
    return list(rows.values_list("canvas_id", flat=True))


def order(text: str, *canvases: Canvas) -> list[Canvas]:
    return sorted(canvases, key=lambda canvas: text.index(f'value="{canvas.key}"'))


# -- on the public pages -----------------------------------------------------------------------


def test_only_curators_can_pick(gallery: Gallery, boats: list[Canvas], curator: Client) -> None:
    collection = make("Boats")
    put(collection, *boats)
    address = f"/collections/{collection.key}/"
    visitor = Client().get(address)
    assert "picking" not in visitor.content.decode()
    assert "Cache-Control" not in visitor.headers
    for other in (signed_in("change_collection"), signed_in("view_collection", staff=True)):
        assert "picking" not in other.get(address).content.decode()
    response = curator.get(address)
    page = read(response)
    assert response.headers["Cache-Control"] == "private" and "Cookie" in response.headers["Vary"]
    assert [box.attributes["value"] for box in page.all("input", name="canvas")] == [
        canvas.key for canvas in boats
    ]
    assert page.all("input", name="of")[0].attributes["value"] == address
    assert page.all("input", name="shown")[0].attributes["value"].split() == [b.key for b in boats]


def test_a_visitor_costs_no_question_more(gallery: Gallery, boats: list[Canvas]) -> None:
    collection = make("Boats")
    put(collection, *boats)
    with CaptureQueriesContext(connection) as asked:
        Client().get(f"/collections/{collection.key}/")
    assert not [q for q in asked.captured_queries if "session" in q["sql"] or "auth_" in q["sql"]]


def test_a_painting_s_page(gallery: Gallery, boats: list[Canvas], curator: Client) -> None:
    page = read(curator.get(f"/painting/{boats[0].key}/"))
    text = curator.get(page.links["Add this painting to a collection"]).content.decode()
    assert "1 painting will be added" in text and boats[0].title in text


# -- the page that asks for the collection -----------------------------------------------------


def test_what_was_ticked_in_the_order_of_the_page(boats: list[Canvas], curator: Client) -> None:
    kept = make("Kept")
    put(kept, boats[1])
    picked = [boats[2], boats[0], boats[1]]
    text = ask(curator, canvas=[one.key for one in picked], take="ticked", of="/?q=boats")
    assert "3 paintings will be added" in text and order(text, *boats[:3]) == picked
    assert text.count("in Kept") == 1 and 'href="/?q=boats"' in text
    sent = {"canvas": [one.key for one in picked], "collection": kept.pk, "of": "/?q=boats"}
    said = curator.post(FILL, sent, follow=True).content.decode()
    assert "2 canvases added to Kept. 1 was in it already." in said
    assert members(kept) == [boats[1].pk, boats[2].pk, boats[0].pk]
    assert LogEntry.objects.get().change_message == "Added 2 canvases."
    assert Activity.objects.get().key == kept.key


def test_a_new_collection_is_a_draft(boats: list[Canvas], curator: Client) -> None:
    curator.post(FILL, {"canvas": [boats[1].key, boats[0].key], "title": "Night <b>pieces"})
    made = Collection.objects.get()
    assert (made.title, made.state) == ("Night <b>pieces", State.DRAFT)
    assert members(made) == [boats[1].pk, boats[0].pk]
    assert not Activity.objects.exists()
    assert "Night &lt;b&gt;pieces" in ask(curator, canvas=boats[0].key)


def test_all_on_the_page(boats: list[Canvas], curator: Client) -> None:
    shown = " ".join(canvas.key for canvas in reversed(boats))
    text = ask(curator, shown=shown, take="page", canvas=boats[0].key)
    assert order(text, *boats) == boats[::-1]


def test_the_first_of_a_collection(
    boats: list[Canvas], curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = make("Boats")
    put(collection, *reversed(boats))
    address = f"/collections/{collection.key}/?page=2"
    text = ask(curator, of=address, take="best", best="3")
    assert "3 paintings" in text and boats[0].key not in text
    assert order(text, *boats[1:]) == boats[:0:-1]
    monkeypatch.setattr(filling, "MOST_PICKED", 2)
    assert "Only 2 can be added at once" in ask(curator, of=address, take="best", best="999")


def test_the_best_of_a_search_are_those_that_the_page_lists(
    encoders: Path, anything: None, gallery: Gallery, curator: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 2}
    for title, said in (("Boats", "A boat."), ("Moon", "A boat, and a boat."), ("Tree", "Leaves")):
        gallery.hang(title, said)
    gallery.index()
    address = "/?" + urlencode({"q": "boat"})
    pages = [read(curator.get(f"{address}{more}")) for more in ("", "&page=2")]
    listed = [e.attributes["value"] for p in pages for e in p.all("input", name="canvas")]
    assert len(listed) == 3
    assert pages[1].all("input", name="of")[0].attributes["value"] == address
    text = ask(curator, of=address, take="best", best="")
    assert sorted(listed, key=text.index) == listed


def test_likeness_of_a_region(encoders: Path, gallery: Gallery, curator: Client) -> None:
    asked = gallery.hang("Boats", seed=1)
    for seed in (1, 2, 3):
        gallery.hang(f"Copy {seed}", seed=seed)
    gallery.index()
    address = "/?" + urlencode({"like": asked.key, "xywh": "pct:0,0,60,60"}, safe=":,")
    page = read(curator.get(address))
    listed = [box.attributes["value"] for box in page.all("input", name="canvas")]
    assert listed and listed[0] == Canvas.objects.get(title="Copy 1").key
    text = ask(curator, of=address, take="best", best="500")
    assert sorted(listed, key=text.index) == listed
    curator.post(FILL, {"of": address, "take": "best", "best": "1", "title": "Details"})
    assert members(Collection.objects.get()) == [Canvas.objects.get(title="Copy 1").pk]


@pytest.mark.parametrize(
    ("of", "status"),
    [
        *(("", 200), ("/", 200), ("/map/", 400), ("/admin/", 400), ("https://e.example/", 400)),
        *(("//e.example/?q=x", 400), ("http://[", 400), ("/\x00?q=\x00", 200), ("x" * 9000, 400)),
        *(("/collections/none/", 404), ("/map/areas/9/", 400), ("/?xywh=nonsense&like=x", 400)),
        ("/?like=%00", 404),
    ],
)
def test_what_lists_nothing_is_told(of: str, status: int, curator: Client) -> None:
    text = ask(curator, status, of=of, take="best", best="3")
    assert "errornote" in text and "e.example" not in text.split("errornote")[0]
    assert 'href="//' not in text and 'href="http' not in text.split('id="content-main"')[1]


@pytest.mark.parametrize(
    "sent",
    [
        *({"canvas": "\x00"}, {"canvas": "x" * 5000}, {"shown": "\x00 a", "take": "page"}),
        *({"best": "9" * 400, "take": "best"}, {"take": "nonsense"}, {}),
        {"canvas": [f"{n:016d}" for n in range(600)]},
    ],
)
def test_nonsense_adds_nothing(sent: dict[str, Any], curator: Client) -> None:
    for method in (curator.get, curator.post):
        response = method(FILL, sent | {"collection": "9" * 30, "title": "New"})
        assert response.status_code in (200, 400)
        assert "errornote" in response.content.decode()
    assert not Collection.objects.exists()


def test_what_is_not_public_is_not_added(gallery: Gallery, curator: Client) -> None:
    seen, draft = gallery.hang("Seen", kept=False), gallery.hang("Draft", state=State.DRAFT)
    text = ask(curator, canvas=[seen.key, draft.key, "unknown"])
    assert "Draft" not in text.split('id="content-main"')[1].split("<h2>")[1].split("draft")[0]
    assert "2 that were picked are not public any more." in text
    curator.post(FILL, {"canvas": [draft.key, seen.key], "title": "New"})
    assert members(Collection.objects.get()) == [seen.pk]


# -- which collection --------------------------------------------------------------------------


def test_only_collections_that_one_may_change(boats: list[Canvas]) -> None:
    client = signed_in("change_collection", staff=True)
    me, other = User.objects.get(), User.objects.create_user("other")
    mine, theirs, anybody = make("Mine"), make("Theirs"), make("Anybody’s")
    mine.curators.add(me)
    theirs.curators.add(other)
    harvested = make("Harvested", uri="https://example.org/c")
    gone = make("Gone", state=State.WITHDRAWN)
    text = ask(client, canvas=boats[0].key)
    assert ">Mine (" in text and ">Anybody’s (" in text and "Title of the new one" not in text
    for no in (theirs, harvested, gone):
        assert f">{no.title} (" not in text
        response = client.post(FILL, {"canvas": boats[0].key, "collection": no.pk})
        assert response.status_code == 200 and "errorlist" in response.content.decode()
    assert client.post(FILL, {"canvas": boats[0].key, "title": "New"}).status_code == 200
    assert not CollectionCanvas.objects.exists() and Collection.objects.count() == 5
    for yes in (mine, anybody):
        client.post(FILL, {"canvas": boats[0].key, "collection": yes.pk})
        assert members(yes) == [boats[0].pk]


def test_who_may_not(boats: list[Canvas]) -> None:
    sent = {"canvas": boats[0].key, "title": "New"}
    for client, status in (
        (Client(), 302),
        (signed_in("change_collection"), 302),
        (signed_in("view_collection", "add_collection", staff=True), 403),
    ):
        assert client.get(FILL, sent).status_code == status
        assert client.post(FILL, sent).status_code == status
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("strict"))
    assert strict.post(FILL, sent).status_code == 403
    assert not Collection.objects.exists()


def test_more_collections_than_are_offered(
    boats: list[Canvas], curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST_OFFERED", 1)
    old, new = make("Old"), make("New")
    text = ask(curator, canvas=boats[0].key)
    assert ">New (" in text and ">Old (" not in text and "Title of another one" in text
    sent = {"canvas": boats[0].key, "other": "old"}
    curator.post(FILL, sent)
    assert members(old) == [boats[0].pk] and members(new) == []
    make("OLD")
    for title in ("old", "unknown", "\x00"):
        response = curator.post(FILL, sent | {"other": title})
        assert response.status_code == 200 and "errorlist" in response.content.decode()
    both = curator.post(FILL, sent | {"other": "New", "title": "Newer"})
    assert "give a new one its title" in both.content.decode()


def test_queries_do_not_grow_with_what_is_picked(gallery: Gallery, curator: Client) -> None:
    hung = [gallery.hang(f"Boats {n}", kept=False).key for n in range(30)]
    put(make("Kept"), *Canvas.objects.all())
    ask(curator, canvas=hung[:1])
    with CaptureQueriesContext(connection) as few:
        ask(curator, canvas=hung[:2])
    with CaptureQueriesContext(connection) as many:
        ask(curator, canvas=hung)
    assert len(many) == len(few)


def test_the_address_under_a_prefix(boats: list[Canvas]) -> None:
    from django.urls import set_script_prefix

    collection = make("Boats")
    put(collection, *boats)
    set_script_prefix("/library/")
    try:
        assert picking.best(f"/library/collections/{collection.key}/", 2) == [
            b.pk for b in boats[:2]
        ]
    finally:
        set_script_prefix("/")
