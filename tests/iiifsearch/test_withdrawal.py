"""A takedown leaves nothing: no word, no picture, no vector, in no table; and it can be lifted."""

from __future__ import annotations

import json
import threading
import zlib
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.postgres.search import SearchVector
from django.db import connection, connections
from django.db.models import Value
from django.test import Client
from django.utils import timezone

from catalog import kept, withdrawal
from catalog.harvest import upsert
from catalog.harvest.run import perform, request
from catalog.models import (
    Activity,
    Canvas,
    CanvasImage,
    CollectionCanvas,
    Comment,
    Document,
    Listing,
    Manifest,
    ManifestCanvas,
    Picture,
    Source,
    State,
    identity,
    permanent_key,
)
from catalog.pixels import FetchedPicture
from catalog.withdrawal import restore, withdraw_canvas, withdraw_manifest
from iiifsearch.index.everything import index_everything
from iiifsearch.models import CanvasVector, CommentText, CommentVector, Seen, Term
from tests.catalog.admin.conftest import make_collection
from tests.iiifsearch.conftest import Library
from tests.manifests import manifest_3
from tests.pictures import picture
from tests.servers import museum

pytestmark = pytest.mark.django_db

HOST = "https://museum.example"
#: Stands in everything that is said of the first canvas, and in nothing else.
WORD = "Xylographia"
REASON = "The heirs asked for it."


class Book:
    """A manifest of two canvases, the first of which is full of `WORD`, as a harvest, an index
    and a curator would have left it."""

    def __init__(self, name: str = "book", shared: Canvas | None = None) -> None:
        self.uri = f"{HOST}/{name}/manifest"
        self.title = f"{WORD} in two views" if shared is None else "Another book"
        self.source = Source.objects.create(url=self.uri, label=self.title)
        self.pictures: dict[int, Picture] = {}
        self.manifest = Manifest.objects.create(
            key=permanent_key("manifest", self.uri),
            uri=self.uri,
            raw_id=self.uri,
            url=self.uri,
            source=self.source,
            version=3,
            title=self.title,
            label={"en": [self.title]},
            summary={"en": [f"On {self.title}"]},
            metadata=[{"label": {"en": ["Title"]}, "value": {"en": [self.title]}}],
            thumbnail=f"{HOST}/{name}/{WORD}/full/90,/0/default.jpg",
            raw={},
            content_hash="hash",
            etag='"etag"',
            last_modified="then",
            warnings=[{"code": "odd", "message": self.title, "path": ""}],
            harvested_at=timezone.now(),
        )
        self.first = shared or self._canvas(name, 1, WORD)
        if shared is not None:
            self._appears(shared, 0)
        self.second = self._canvas(name, 2, "Harbour")
        self._raw(name)

    def _canvas(self, name: str, number: int, word: str) -> Canvas:
        uri = f"{HOST}/{name}/canvas/{number}"
        canvas = Canvas.objects.create(
            key=permanent_key("canvas", uri),
            uri=uri,
            raw_id=uri,
            title=f"The {word}",
            maker=f"{word} Master",
            date_text=f"{word} 1712",
            year=1712,
            technique=f"{word} on paper",
            object_type=word,
            label={"en": [word]},
            metadata=[{"label": {"en": ["Title"]}, "value": {"en": [word]}}],
            rights=f"https://rights.example/{word}",
            required_statement={"label": {}, "value": {"en": [f"Courtesy of {word}"]}},
            width=800,
            height=600,
            thumbnail=f"{HOST}/{word}/thumbnail.jpg",
            home=self.manifest,
        )
        self._appears(canvas, number - 1)
        CanvasImage.objects.create(canvas=canvas, ordinal=0, service_id=f"{HOST}/{name}/{word}")
        self.pictures[number] = Picture.objects.create(
            canvas=canvas, revision=1, outcome="kept", sha256=f"{number:x}" * 64, size=99,
            host=f"{word.lower()}.example", width=10, height=10,
        )  # fmt: skip
        for origin in ("label", "annotation", "curator"):
            self._comment(canvas, f"{word} seen by {origin}", origin)
        for feature in ("colour-1", "words-1"):
            Seen.objects.create(canvas=canvas, feature=feature, revision=1, outcome="done")
        CanvasVector.objects.create(canvas=canvas, encoder="colour-1", vec=np.ones(4) / 2)
        return canvas

    def _appears(self, canvas: Canvas, position: int) -> None:
        ManifestCanvas.objects.create(
            canvas=canvas, manifest=self.manifest, position=position, raw_id=canvas.raw_id
        )

    def _comment(self, canvas: Canvas, body: str, origin: str) -> None:
        comment = Comment.objects.create(
            canvas=canvas,
            manifest=None if origin == "curator" else self.manifest,
            key=permanent_key(self.uri, canvas.uri, body),
            origin=origin,
            label=body,
            body=body,
            html=f"<p>{body}</p>",
            creator=body,
        )
        CommentVector.objects.create(
            canvas=canvas, comment=comment, encoder="m-1", vec=np.ones(4) / 2
        )
        CommentText.objects.create(
            canvas=canvas, comment=comment, weight=1, words=SearchVector(Value(body))
        )
        word = body.split()[0].lower()
        Term.objects.create(canvas=canvas, comment=comment, word=word, folded=word)

    def _raw(self, name: str) -> None:
        items = []
        for canvas in (self.first, self.second):
            service = {"id": f"{HOST}/{name}/{canvas.object_type}", "type": "ImageService3"}
            body = {"id": f"{service['id']}/full/max/0/default.jpg", "type": "Image"}
            painting = {"type": "Annotation", "body": body | {"service": [service]}}
            pages = [{"id": f"{canvas.raw_id}/said", "type": "AnnotationPage"}]
            items.append(
                {
                    "id": canvas.raw_id,
                    "type": "Canvas",
                    "label": canvas.label,
                    "items": [{"type": "AnnotationPage", "items": [painting]}],
                    "annotations": pages,
                }
            )
        said = f"{self.first.raw_id}/said"
        kept = {"url": said, "body": zlib.compress(WORD.encode()), "read_at": timezone.now()}
        Document.objects.get_or_create(mark=identity(said), defaults=kept)
        of_first = {"type": "SpecificResource", "source": self.first.raw_id}
        self.manifest.raw = {
            "id": self.uri,
            "type": "Manifest",
            "label": {"en": ["Two views"]} if self.title.startswith(WORD) else self.manifest.label,
            "thumbnail": [{"id": self.manifest.thumbnail, "type": "Image"}],
            "start": {"id": self.first.raw_id, "type": "Canvas"},
            "items": items,
            "structures": [
                {"id": "r", "type": "Range", "label": {"en": [WORD]}, "items": [of_first]}
            ],
        }
        self.manifest.save()

    def published(self, client: Client) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"/iiif/manifest/{self.manifest.key}").json()
        return body


@pytest.fixture(autouse=True)
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were given up, by their sums."""
    found: list[str] = []
    monkeypatch.setattr(kept, "drop", lambda picture: found.append(picture.sha256))
    return found


@pytest.fixture
def curator() -> User:
    return User.objects.create_superuser("marta")


def tables() -> list[str]:
    return [t for t in connection.introspection.table_names() if not t.startswith("django_m")]


def holding(word: str) -> list[str]:
    """Tables that hold a word anywhere, whatever the type of the column."""
    found = []
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{word}%"]
            )
            found += [table] if cursor.fetchone()[0] else []
    for document in Document.objects.all():
        if word.lower() in zlib.decompress(document.body).decode().lower():
            found.append(f"document {document.mark}")
    return found


def referring_to(canvas: Canvas) -> dict[str, int]:
    """Rows of every table that has a canvas, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'canvas_id' AND table_schema = 'public'"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}" WHERE canvas_id = %s', [canvas.pk])
            counts[name] = cursor.fetchone()[0]
    return {name: count for name, count in counts.items() if count}


def take_down_the_first_of(book: Book, user: User | None = None) -> None:
    """With whatever the manifest itself says of it out of the way."""
    plain = {"title": "Two views", "label": {}, "summary": {}, "metadata": [], "warnings": []}
    Manifest.objects.filter(pk=book.manifest.pk).update(**plain)
    Source.objects.update(label="")
    withdraw_canvas(book.first, reason=REASON, user=user)


def test_the_test_itself_finds_the_word_everywhere() -> None:
    Book()
    found = holding(WORD)
    for table in ("canvas", "canvasimage", "comment", "manifest", "picture", "source"):
        assert f"catalog_{table}" in found
    for table in ("commenttext", "term"):
        assert f"iiifsearch_{table}" in found
    assert any(name.startswith("document") for name in found)


def test_nothing_of_a_canvas_is_left(
    curator: User, dropped: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    book = Book()
    log = [{"changed": {"name": "curator's comment", "object": f"{WORD} again"}}]
    LogEntry.objects.log_actions(curator.pk, [book.first], CHANGE, change_message=log)
    with django_capture_on_commit_callbacks(execute=True):
        take_down_the_first_of(book, curator)
        assert dropped == [], "files go once it has committed"
    assert holding(WORD) == []
    assert referring_to(book.first) == {"catalog_manifestcanvas": 1, "catalog_picture": 1}
    assert dropped == ["1" * 64]
    canvas = Canvas.objects.get(pk=book.first.pk)
    assert (canvas.state, canvas.key, canvas.uri) == ("withdrawn", book.first.key, book.first.uri)
    assert canvas.state_reason.startswith(f"{REASON} (withdrawn on 20")
    assert canvas.state_reason.endswith(" by marta)")
    assert LogEntry.objects.filter(change_message=f"Withdrawn: {REASON}", user=curator).exists()
    assert holding("Harbour"), "the other canvas stays as it was"
    assert referring_to(book.second)["iiifsearch_commentvector"] == 3


def test_the_manifest_is_published_without_it(client: Client) -> None:
    book = Book()
    take_down_the_first_of(book)
    body = book.published(client)
    assert [canvas["id"] for canvas in body["items"]] == [book.second.raw_id]
    assert book.first.raw_id not in json.dumps(body)
    assert {"start", "thumbnail", "structures"}.isdisjoint(body)
    book.manifest.refresh_from_db()
    assert book.manifest.raw["items"][0] == {"id": book.first.raw_id, "type": "Canvas"}
    assert client.get(f"/iiif/annotations/{book.first.key}").status_code == 404
    (activity,) = Activity.objects.all()
    assert (activity.type, activity.key) == ("Update", book.manifest.key)


@pytest.mark.parametrize("state", [State.DRAFT, State.GONE])
def test_what_is_not_public_is_changed_in_silence(state: State) -> None:
    book = Book()
    Manifest.objects.update(state=state)
    withdraw_canvas(book.first, reason=REASON)
    withdraw_manifest(book.manifest, reason=REASON)
    assert not Activity.objects.exists()


def test_nothing_of_a_manifest_is_left(
    client: Client, dropped: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    book = Book()
    collection = make_collection("Named by its source", uri=f"{HOST}/list")
    page = f"{HOST}/list/1"
    Listing.objects.create(
        collection=collection, page=page, mark=identity(book.uri), position=0, run_id=1
    )
    Document.objects.create(
        mark=page, url=page, body=zlib.compress(book.title.encode()), read_at=timezone.now()
    )
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_manifest(book.manifest, reason=REASON)
    assert holding(WORD) == []
    assert holding("Harbour") == []
    assert sorted(dropped) == ["1" * 64, "2" * 64]
    for canvas in (book.first, book.second):
        assert referring_to(canvas) == {"catalog_manifestcanvas": 1, "catalog_picture": 1}
    gone = client.get(f"/iiif/manifest/{book.manifest.key}")
    assert (gone.status_code, "was withdrawn" in gone.json()["detail"]) == (410, True)
    (activity,) = Activity.objects.all()
    assert (activity.type, activity.key) == ("Delete", book.manifest.key)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_manifest(book.manifest, reason="Twice")
    assert Activity.objects.count() == 1, "twice is once"
    assert len(dropped) == 4, "but files that could not be removed are tried again"


def test_a_canvas_that_another_manifest_shows_stays(client: Client) -> None:
    book = Book()
    other = Book("other", shared=book.first)
    said = Comment.objects.filter(canvas=book.first)
    withdraw_manifest(book.manifest, reason=REASON)
    canvas = Canvas.objects.get(pk=book.first.pk)
    assert (canvas.state, canvas.home, canvas.text_revision) == ("published", None, 2)
    assert list(said.values_list("origin", flat=True)) == ["curator"], "the manifest said the rest"
    assert Canvas.objects.get(pk=book.second.pk).state == State.WITHDRAWN
    again = Manifest.objects.get(pk=other.manifest.pk)
    assert (again.content_hash, again.etag) == ("", ""), "it is read anew, to describe the canvas"
    assert len(other.published(client)["items"]) == 2


def test_a_canvas_in_several_manifests_leaves_all_of_them(client: Client) -> None:
    book = Book()
    other = Book("other", shared=book.first)
    withdraw_canvas(book.first, reason=REASON)
    for each in (book, other):
        assert book.first.raw_id not in json.dumps(each.published(client))
    assert set(Activity.objects.values_list("key", flat=True)) == {
        book.manifest.key,
        other.manifest.key,
    }


def test_lifting_it_makes_drafts_that_are_read_anew() -> None:
    book = Book()
    collection = make_collection("Curated")
    CollectionCanvas.objects.create(collection=collection, canvas=book.first)
    withdraw_canvas(book.second, reason="Before, for another reason.")
    withdraw_manifest(book.manifest, reason=REASON)
    restore(book.manifest)
    manifest = Manifest.objects.get(pk=book.manifest.pk)
    assert (manifest.state, manifest.content_hash, manifest.etag) == ("draft", "", "")
    assert manifest.state_reason == ""
    states = {canvas.pk: canvas.state for canvas in Canvas.objects.all()}
    assert states == {book.first.pk: "draft", book.second.pk: "withdrawn"}
    picture = Picture.objects.get(canvas=book.first)
    assert (picture.outcome, picture.revision) == ("waiting", 2)
    assert collection.canvases.get().canvas_id == book.first.pk
    restore(Canvas.objects.get(pk=book.second.pk))
    assert Canvas.objects.get(pk=book.second.pk).state == State.DRAFT


def test_a_withdrawal_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book()

    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(withdrawal.erasure, "cut_from", fail)
    with pytest.raises(RuntimeError):
        withdraw_canvas(book.first, reason=REASON)
    assert Canvas.objects.get(pk=book.first.pk).title == book.first.title
    assert referring_to(book.first)["iiifsearch_canvasvector"] == 1


def test_queries_do_not_grow_with_the_canvases(django_assert_max_num_queries: Any) -> None:
    book = Book()
    for number in range(3, 12):
        book._canvas("book", number, "Many")
    with django_assert_max_num_queries(60):
        withdraw_manifest(book.manifest, reason=REASON)


# -- with the real harvest and index -----------------------------------------------------------


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


def test_the_files_are_gone_once_it_has_committed(
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.undo()  # the real store, not a list
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}
    book = Book()
    for number, canvas in ((1, book.first), (2, book.second)):
        row = Picture.objects.get(canvas=canvas)
        kept.keep(row, FetchedPicture(picture(number), 400, 300, ""), revision=1)
        assert kept.thumbnail(row)
    assert len(list(tmp_path.rglob("*.jpg"))) == 4
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_canvas(book.first, reason=REASON)
        assert len(list(tmp_path.rglob("*.jpg"))) == 4
    stays = Picture.objects.get(canvas=book.second)
    assert {path.name[:64] for path in tmp_path.rglob("*.jpg")} == {stays.sha256}
    gone = Picture.objects.get(canvas=book.first)
    assert (gone.outcome, gone.sha256, gone.size) == ("skipped", "", 0)


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
