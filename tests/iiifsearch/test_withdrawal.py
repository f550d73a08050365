"""A takedown leaves nothing: no word, no picture, no vector, in no table; and it can be lifted."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog import kept, withdrawal
from catalog.models import (
    Activity,
    Canvas,
    CollectionCanvas,
    Comment,
    Document,
    Listing,
    Manifest,
    Picture,
    Source,
    State,
    identity,
)
from catalog.pixels import FetchedPicture
from catalog.withdrawal import restore, withdraw_canvas, withdraw_manifest
from tests.catalog.admin.conftest import make_collection
from tests.iiifsearch.book import HOST, REASON, WORD, Book, holding, referring_to
from tests.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were given up, by their sums."""
    found: list[str] = []
    monkeypatch.setattr(kept, "drop", lambda picture: found.append(picture.sha256))
    return found


@pytest.fixture
def curator() -> User:
    return User.objects.create_superuser("marta")


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
