"""The state of the index: its numbers, its failures, and having work looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Canvas, Picture
from iiifsearch import tasks
from iiifsearch.admin import state, tally
from iiifsearch.index import ann, duplicates, find_work
from iiifsearch.models import Duplicate, Seen, Tally
from tests.people import signed_in

PAGE = "/admin/index-state/"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.iiifsearch.admin.urls")]


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What workers were told to do."""
    found: list[str] = []
    for name in ("changes_made", "pictures_arrived"):
        monkeypatch.setattr(f"iiifsearch.tasks.{name}", lambda name=name, **_: found.append(name))
    monkeypatch.setattr("iiifsearch.tasks.enqueue_fetches", lambda hosts: found.extend(hosts))
    monkeypatch.setattr(
        "iiifsearch.tasks._defer", lambda walk, **_: found.append(walk.name.rpartition(".")[2])
    )
    return found


def make_canvases(count: int, **values: Any) -> list[Canvas]:
    first = Canvas.objects.count()
    return [
        Canvas.objects.create(
            key=f"canvas{number}", uri=f"https://example.org/{number}", raw_id=str(number), **values
        )
        for number in range(first, first + count)
    ]


def see(canvas: Canvas, feature: str, outcome: str = "done", **values: Any) -> None:
    values = {"revision": 1} | values
    Seen.objects.create(canvas=canvas, feature=feature, outcome=outcome, **values)


def make_picture(outcome: str, **values: Any) -> Picture:
    (canvas,) = make_canvases(1)
    return Picture.objects.create(canvas=canvas, revision=1, outcome=outcome, **values)


def test_the_pictures_and_the_room_that_they_take(
    client_with: Callable[..., Client], settings: Any
) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_storage_bytes": 4 * 2**20}
    for outcome, size in (("kept", 2**20), ("evicted", 2**10), ("waiting", 0), ("failed", 0)):
        make_picture(outcome, size=size)
    make_picture("kept", size=2**20)
    response = client_with("view_seen").get(PAGE)
    pictures = response.context["pictures"]
    assert {tile["label"]: tile["count"] for tile in pictures.tiles} == {
        "to be fetched": 1,
        "kept": 2,
        "looked at, not kept": 0,
        "given up for room": 1,
        "nothing to see": 0,
        "failed": 1,
    }
    assert (pictures.size, pictures.percent) == (2 * 2**20 + 2**10, 50)
    assert "4.0\xa0MB" in response.content.decode()
    settings.CATALOG = {**settings.CATALOG, "max_storage_bytes": 0}
    assert state.pictures(tally.count()).percent is None


def test_pictures_that_could_not_be_fetched_are_grouped(
    client_with: Callable[..., Client],
) -> None:
    for number in range(2):
        reason = f"https://images.example.org/{number}: the server answered 503"
        of = {"kind": "status-503", "host": "images.example.org", "reason": reason}
        make_picture("failed", due_at=timezone.now() if number else None, **of)
    make_picture("failed", kind="timeout", host="slow.example.org")
    first, second = state.unfetched(tally.count())
    assert (first.count, first.due, first.kind) == (2, 1, "503 Service Unavailable")
    assert (first.host, first.reason) == ("images.example.org", "the server answered 503")
    assert (second.count, second.due) == (1, 0)
    page = client_with("view_seen", "view_picture").get(PAGE).content.decode()
    assert first.url.replace("&", "&amp;") in page


def test_links_to_pictures_are_for_those_who_may_see_them(
    client_with: Callable[..., Client],
) -> None:
    make_picture("failed", kind="timeout")
    page = client_with("view_seen").get(PAGE).content.decode()
    assert "Pictures that could not be fetched" in page
    assert "/admin/catalog/picture/" not in page


def test_the_numbers_add_up(client_with: Callable[..., Client]) -> None:
    picture, *_ = find_work.picture_features()
    done, skipped, failed, stale, _ = make_canvases(5)
    make_canvases(1, state="withdrawn")
    see(done, picture)
    see(skipped, picture, "skipped")
    see(failed, picture, "failed", reason="It is no picture.")
    see(stale, picture, revision=7)
    features = client_with("view_seen").get(PAGE).context["features"]
    assert [feature.count.feature for feature in features] == [
        *find_work.picture_features(),
        *find_work.text_features(),
    ]
    count = features[0].count
    assert (count.canvases, count.done, count.skipped, count.failed) == (5, 1, 1, 1)
    assert (count.pending, features[0].finished) == (2, 3)
    assert all(feature.count.pending == 5 for feature in features[1:])


def test_failures_are_grouped_and_lead_to_their_canvases(
    client_with: Callable[..., Client],
) -> None:
    picture, *_ = find_work.picture_features()
    *refused, broken, stale = make_canvases(5)
    for canvas in refused:
        reason = f"https://images.example.org/{canvas.pk}/info.json: the server answered 503"
        see(canvas, picture, "failed", reason=reason, retry_at=timezone.now())
    see(broken, picture, "failed", reason="It is no picture.")
    see(stale, picture, "failed", reason="It was no picture.", revision=7)
    response = client_with("view_seen").get(PAGE)
    first, second = response.context["features"][0].failures
    assert (first.reason, first.count, first.due) == ("the server answered 503", 3, 3)
    assert (second.reason, second.count, second.due) == ("It is no picture.", 1, 0)
    ids = ",".join(str(canvas.pk) for canvas in refused)
    assert first.canvases_url == f"/admin/catalog/canvas/?id__in={ids.replace(',', '%2C')}"
    assert first.canvases_url in response.content.decode()


def test_the_hnsw_indexes_are_looked_up() -> None:
    first, *others = ann.live_indexes()
    ann.build(first)
    found = state.hnsw_indexes()
    assert found[first.spec.key].built is True
    assert found[first.spec.key].size > 0
    assert all(found[index.spec.key].built is None for index in others)
    words, *_ = find_work.text_features()
    assert words not in found


def test_index_now_wakes_the_workers(
    client_with: Callable[..., Client],
    woken: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    make_picture("waiting", host="images.example.org")
    client = client_with("change_seen")
    client.get(PAGE)
    assert woken == []
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(PAGE)["Location"] == PAGE
    assert sorted(woken) == [
        *("changes_made", "extract_all", "images.example.org"),
        *("index_all", "pictures_arrived"),
    ]


def test_a_waiting_job_is_shown(
    client_with: Callable[..., Client], django_capture_on_commit_callbacks: Any
) -> None:
    client = client_with("change_seen")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE)
    queues = client.get(PAGE).context["queues"]
    assert {queue.name: (queue.waiting, queue.running) for queue in queues} == {
        "harvest": (0, 0),
        "fetch": (0, 0),
        "extract": (2, 0),
        "index": (2, 0),
    }


def test_indexing_needs_the_permission(
    client_with: Callable[..., Client], woken: list[str]
) -> None:
    client = client_with("view_seen")
    assert client.post(PAGE).status_code == 403
    assert woken == []
    assert b"Index now" not in client.get(PAGE).content


def test_the_lookout_for_near_duplicates(client_with: Callable[..., Client]) -> None:
    one, other, third = make_canvases(3)
    for canvas, outcome in ((one, "done"), (other, "skipped"), (third, "failed")):
        see(canvas, duplicates.FEATURE, outcome)
    said = {"similarity": 0.9, "inliers": 40, "probability": 0.99}
    Duplicate.objects.create(first=one, second=other, **said)
    Duplicate.objects.create(first=one, second=third, decision="same-work", **said)
    assert tally.count().lookout == tally.Lookout(2, 1, 2, 1)
    page = client_with("view_seen").get(PAGE).content.decode()
    assert "<strong>2</strong> canvases compared with their neighbours" in page
    assert "<strong>1</strong> to decide on" in page and "/duplicate/?decision=open" not in page
    page = client_with("view_seen", "view_duplicate").get(PAGE).content.decode()
    assert "/duplicate/?decision=open" in page


def test_the_page_needs_a_permission(client_with: Callable[..., Client]) -> None:
    assert client_with("view_canvas").get(PAGE).status_code == 403
    assert Client().get(PAGE)["Location"].startswith("/admin/login/")


def test_the_front_page_leads_there(client_with: Callable[..., Client]) -> None:
    assert PAGE in client_with("view_seen").get("/admin/").content.decode()


def test_the_front_page_hides_what_is_not_allowed(client_with: Callable[..., Client]) -> None:
    page = client_with("view_canvas").get("/admin/").content.decode()
    assert PAGE not in page
    assert "Harvest a manifest" not in page


def test_queries_do_not_grow_with_failures() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            state.features(tally.count())
            state.queues()
        return len(captured)

    picture, *_ = find_work.picture_features()
    count()  # what is looked up once in a process
    before = count()
    for canvas in make_canvases(20):
        see(canvas, picture, "failed", reason=f"Reason {canvas.pk}")
        make_picture("failed", kind=f"status-{canvas.pk}")
    assert count() == before <= 11


def test_a_large_library_is_counted_by_a_worker(
    client_with: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The page asks for it, and shows what was counted last."""
    monkeypatch.setattr(tally, "SMALL", -2)
    deferred: list[int] = []
    monkeypatch.setattr(tasks.count, "defer", lambda: deferred.append(1))
    make_picture("kept", size=100)
    picture = make_picture("failed", kind="timeout", host="slow.example.org", reason="slow")
    see(picture.canvas, find_work.text_features()[0], "failed", reason="cut short")
    client = client_with("view_seen")
    with django_capture_on_commit_callbacks(execute=True):
        assert "A worker is counting" in client.get(PAGE).content.decode()
    assert deferred == [1]
    tally.renew()
    now = tally.count()
    counted = tally.current()
    assert counted is not None and counted.at is not None
    assert replace(counted, at=None) == now and now.failures and now.unfetched
    with (
        CaptureQueriesContext(connection) as captured,
        django_capture_on_commit_callbacks(execute=True),
    ):
        page = client.get(PAGE).content.decode()
    assert "Counted at" in page and "slow.example.org" in page and deferred == [1]
    assert not any("catalog_picture" in one["sql"] for one in captured)
    Tally.objects.update(at=timezone.now() - timedelta(seconds=tally.OLD_SECONDS + 1))
    with django_capture_on_commit_callbacks(execute=True):
        client.get(PAGE)
    assert deferred == [1, 1]
