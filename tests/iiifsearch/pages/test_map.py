"""The map: made of what is public, shown without what is not, and read without a script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest import MonkeyPatch

from catalog import decode, kept
from catalog.locks import alone
from catalog.models import Canvas, Manifest, Picture, State
from catalog.withdrawal import withdraw_canvas
from iiifsearch.engine import map as engine
from iiifsearch.index import map as making
from iiifsearch.index import map_sheets
from iiifsearch.index.map import CannotMap, make_map, refresh_map
from iiifsearch.models import CanvasVector, LibraryMap, MapArea, MapPlace, MapSheet
from iiifsearch.tasks import keep_mapping, library_map
from ml import registry
from ml.map.draw import draw
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read

SPEC = registry.get("efficientnet-lite0")
#: Titles of a gallery: two kinds of paintings.
SEA, HEADS = "Harbour", "Portrait"


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: MonkeyPatch) -> None:
    """A process of its own takes seconds to begin: tests/iiifsearch/index/test_map.py has one."""
    monkeypatch.setattr(making, "_drawn", draw)
    monkeypatch.setattr("catalog.tasks.close_old_connections", lambda: None)  # for the jobs


def hang(gallery: Gallery, count: int = 8, **more: Any) -> list[Canvas]:
    """Half of them at sea, half of them heads; with vectors that say so."""
    chance = np.random.default_rng(0)
    kinds = np.eye(SPEC.dim)[:2]
    canvases = []
    for number in range(count):
        kind = number % 2
        title = f"{(SEA, HEADS)[kind]} {number}"
        canvas = gallery.hang(title, maker=("Ada Vento", "Jan Bekker")[kind], **more)
        vector = kinds[kind] + 0.02 * chance.normal(size=SPEC.dim)
        vector /= np.linalg.norm(vector)
        CanvasVector.objects.create(canvas=canvas, encoder=SPEC.key, vec=vector.tolist())
        canvases.append(canvas)
    return canvases


def shown(client: Client) -> list[str]:
    """Titles of all that is on the map, by the data that a script gets."""
    sheets = client.get("/map/data.json").json()["sheets"]
    told = [client.get(sheet["titles"]).json() for sheet in sheets]
    return sorted(title for each in told for _, title, _ in each.values())


def images(client: Client) -> list[str | None]:
    return [sheet["image"] for sheet in client.get("/map/data.json").json()["sheets"]]


def pixels(client: Client, address: str) -> np.ndarray:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    return decode.decode(b"".join(response), max_pixels=10**8)  # type: ignore[call-overload]


def test_before_a_map_was_made(gallery: Gallery, client: Client) -> None:
    page = read(client.get("/map/"))
    assert "No map was made yet" in page.text and "manage.py map" in page.text
    assert not page.all("canvas")
    for address in ("/map/data.json", "/map/titles/0.json", "/map/areas/0/"):
        assert client.get(address).status_code == 404
    assert client.get(f"/map/sheets/{'0' * 64}.jpg").status_code == 404
    keep_mapping(0)  # which has nothing to do
    assert make_map().placed == 0
    assert "None of the paintings on the map is public" in read(client.get("/map/")).text


def test_a_map_is_made_and_shown(gallery: Gallery, client: Client) -> None:
    canvases = hang(gallery)
    said: list[str] = []
    made = make_map(said.append)
    assert (made.placed, made.of, made.sheets, made.anew) == (8, 8, 1, True)
    assert said[1] == "Laying out 8 paintings"
    assert shown(client) == sorted(canvas.title for canvas in canvases)
    data = client.get("/map/data.json").json()
    (sheet,) = data["sheets"]
    assert sorted(sheet["spot"]) == list(range(8))
    assert max(sheet["column"] + sheet["row"]) < data["side"]
    assert set(zip(sheet["width"], sheet["height"], strict=True)) == {(64, 48)}
    drawn = pixels(client, sheet["image"])
    assert drawn.shape == (64, 1024, 3)
    for spot, colour in zip(sheet["spot"], sheet["colour"], strict=True):
        mean = drawn[:48, 64 * spot : 64 * spot + 64].mean(axis=(0, 1))
        told = [colour >> 16, colour >> 8 & 255, colour & 255]
        np.testing.assert_allclose(mean, told, atol=6)


def test_neighbours_on_the_map_look_alike(gallery: Gallery) -> None:
    hang(gallery)
    make_map()
    places = MapPlace.objects.select_related("canvas").order_by("canvas_id")
    cells = np.array([(place.column, place.row) for place in places])
    sea, heads = cells[::2].mean(axis=0), cells[1::2].mean(axis=0)
    assert np.linalg.norm(sea - heads) > np.linalg.norm(cells[::2] - sea, axis=1).mean()


def test_only_where_something_changed(gallery: Gallery) -> None:
    canvases = hang(gallery, 4)
    assert make_map().anew
    first = LibraryMap.objects.get()
    assert not make_map().anew
    library_map(0)
    assert LibraryMap.objects.get() == first
    assert make_map(always=True).anew
    Canvas.objects.filter(pk=canvases[0].pk).update(state=State.DRAFT)
    made = make_map()
    assert (made.anew, made.placed) == (True, 3)
    assert MapPlace.objects.count() == 3, "the map before is gone"
    assert len(list(map_sheets.path("").parent.glob("*.jpg"))) == 1, "and so are its sheets"


def test_of_too_many_a_sample(gallery: Gallery, client: Client, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "most_on_map": 5}
    hang(gallery, 8)
    assert (make_map().placed, LibraryMap.objects.get().of) == (5, 8)
    before = set(shown(client))
    assert "5 paintings, drawn by chance from 8," in read(client.get("/map/")).text
    hang(gallery, 1)
    make_map()
    assert len(before & set(shown(client))) >= 4, "who was drawn stays, but for whom came between"


Gone = Callable[[Canvas], object]


def _draft(canvas: Canvas) -> None:
    Canvas.objects.filter(pk=canvas.pk).update(state=State.DRAFT)


def _draft_manifest(canvas: Canvas) -> None:
    Manifest.objects.filter(canvases=canvas).update(state=State.DRAFT)


@pytest.mark.parametrize(
    "take_back", [_draft, _draft_manifest, lambda canvas: withdraw_canvas(canvas, reason="Rights")]
)
def test_what_is_taken_back_vanishes_at_once(
    gallery: Gallery, client: Client, take_back: Gone, django_capture_on_commit_callbacks: Any
) -> None:
    gone, *others = hang(gallery)
    make_map()
    before = client.get("/map/data.json")
    (sheet,) = images(client)
    assert sheet
    known = {"If-None-Match": before["ETag"]}
    assert client.get("/map/data.json", headers=known).status_code == 304
    with django_capture_on_commit_callbacks(execute=True):
        take_back(gone)
    assert client.get("/map/data.json", headers=known).status_code == 200
    assert shown(client) == sorted(canvas.title for canvas in others)
    assert images(client) == [None]
    assert client.get(sheet).status_code == 404
    assert gone.title not in client.get("/map/").content.decode()
    # A little later the others have their thumbnails again.
    made = engine.current()
    assert made is not None and engine.stale(made)
    keep_mapping(0)
    assert ProcrastinateJob.objects.get().task_name == "iiifsearch.tasks.refresh_library_map"
    refresh_map()
    assert not engine.stale(made)
    (again,) = images(client)
    assert again and again != sheet
    _, width, _ = pixels(client, again).shape
    assert len(shown(client)) == 7 and width == 1024
    assert not map_sheets.path(sheet.removesuffix(".jpg").rpartition("/")[2]).exists()


def test_nothing_of_the_withdrawn_is_left(
    gallery: Gallery, django_capture_on_commit_callbacks: Any
) -> None:
    canvases = hang(gallery, 80)
    make_map()
    withdrawn = canvases[0]
    place = MapPlace.objects.get(canvas=withdrawn)
    assert any("Ada Vento" in area.terms for area in MapArea.objects.all())
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_canvas(withdrawn, reason="Rights")
        assert not MapPlace.objects.filter(canvas=withdrawn).exists()
    area = MapArea.objects.get(large=False, number=place.area)
    assert area.terms == [] and not MapSheet.objects.exists()
    assert MapArea.objects.get(large=True, number=area.within).terms == []
    assert list(map_sheets.path("").parent.glob("*.jpg")) == []


def test_withdrawn_while_its_sheet_was_drawn(gallery: Gallery, monkeypatch: MonkeyPatch) -> None:
    canvases = hang(gallery, 4)
    drawn = map_sheets._sheet

    def meanwhile(thumbnails: Sequence[Any]) -> Any:
        Canvas.objects.filter(pk=canvases[0].pk).update(state=State.WITHDRAWN)
        return drawn(thumbnails)

    monkeypatch.setattr(map_sheets, "_sheet", meanwhile)
    make_map()
    assert not MapSheet.objects.exists()
    refresh_map()
    assert MapPlace.objects.get(canvas=canvases[0]).colour is None
    assert MapPlace.objects.filter(colour=None).count() == 1


def test_pictures_that_cannot_be_read(gallery: Gallery, client: Client, caplog: Any) -> None:
    damaged, without, *_ = hang(gallery, 4)
    kept.path(Picture.objects.get(canvas=damaged)).write_bytes(b"\xff\xd8\xff no picture")
    kept.drop(Picture.objects.get(canvas=without))
    make_map()
    assert "is not on the map" in caplog.text
    (sheet,) = client.get("/map/data.json").json()["sheets"]
    assert sorted(value is None for value in sheet["colour"]) == [False, False, True, True]
    assert len(shown(client)) == 4
    # No thumbnail at all.
    for picture in Picture.objects.exclude(canvas=without):
        kept.drop(picture)
    refresh_map()
    assert images(client) == [None]
    made = engine.current()
    assert made is not None and not engine.stale(made)


def test_one_at_a_time(gallery: Gallery) -> None:
    with held_elsewhere(making._MAPPING), pytest.raises(CannotMap, match="by another process"):
        make_map()
    assert make_map().placed == 0


@contextmanager
def held_elsewhere(family: int) -> Iterator[None]:
    """Somebody with another connection holds that lock."""
    held, end = threading.Event(), threading.Event()

    def hold() -> None:
        with alone(family):
            held.set()
            end.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_the_list_needs_no_script(gallery: Gallery, client: Client) -> None:
    hang(gallery, 120)
    make_map()
    page = read(client.get("/map/"))
    assert "120 paintings, as they were on" in page.text
    names = [heading.text for heading in page.all("h2")]
    assert any("Ada Vento" in name for name in names)
    links = [link.attributes.get("href", "") for link in page.all("a")]
    small = [link for link in links if link.startswith("/map/areas/")]
    assert len(small) == 6
    assert any(link.startswith("/painting/") for link in links)
    found = set()
    for link in small:
        for number in range(1, 8):
            area = read(client.get(f"{link}?page={number}"))
            found |= set(area.titles)
    assert len(found) == 120, "every painting can be come by without the map"
    assert client.get("/map/areas/99/").status_code == 404


def test_it_is_linked(gallery: Gallery, client: Client) -> None:
    hang(gallery, 2)
    assert read(client.get("/")).links["A map of all paintings"] == "/map/"
    assert read(client.get("/collections/")).links["Map"] == "/map/"


def test_queries_do_not_grow(gallery: Gallery, client: Client, django_assert_max_num_queries: Any):
    hang(gallery, 60)
    make_map()
    with django_assert_max_num_queries(12):
        client.get("/map/")
    with django_assert_max_num_queries(7):
        client.get("/map/data.json")
