"""Near-duplicates in the admin: side by side, decided by those who may, and written down."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Canvas
from iiifsearch.admin import duplicates as pages
from iiifsearch.models import Batch, Duplicate
from tests.iiifsearch.rich import rich
from tests.people import signed_in
from tests.pictures import keep_picture

LIST = "/admin/iiifsearch/duplicate/"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.iiifsearch.admin.urls")]


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


def make_canvas(title: str, *, picture: bool = True) -> Canvas:
    number = Canvas.objects.count()
    canvas = Canvas.objects.create(
        key=f"canvas{number}",
        uri=f"https://example.org/{number}",
        raw_id=f"https://example.org/{number}",
        title=title,
        maker="Ada Vento",
        state="published",
    )
    if picture:
        keep_picture(canvas, rich(number))
    return canvas


def make_pair(name: str = "Boats", **values: Any) -> Duplicate:
    given = {"similarity": 0.8, "inliers": 41, "probability": 0.9995}
    given["outline"] = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
    return Duplicate.objects.create(
        first=make_canvas(name), second=make_canvas(f"{name}, again"), **{**given, **values}
    )


def page_of(row: Duplicate) -> str:
    return reverse("admin:iiifsearch_duplicate_change", args=[row.pk])


def undo_of(batch: Batch | None) -> str:
    assert batch is not None
    return reverse("admin_undo", args=[batch.pk])


def thumbnail(canvas: Canvas) -> str:
    return reverse("admin:catalog_canvas_thumbnail", args=[canvas.pk])


def found(client: Client, query: str) -> list[int]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


def test_both_are_shown_side_by_side(client_with: Callable[..., Client]) -> None:
    row = make_pair(mirrored=True)
    client = client_with("view_duplicate", "view_canvas")
    page = client.get(LIST).content.decode()
    for text in ("Boats", "Boats, again", "over 99.9 %", "41 places agree", "mirrored"):
        assert text in page
    assert "Add a pair" not in page
    assert thumbnail(row.first) in page and thumbnail(row.second) in page
    detail = client.get(page_of(row)).content.decode()
    assert 'points="10.00,10.00 90.00,10.00 90.00,90.00 10.00,90.00"' in detail
    assert "Boats and Boats, again" in detail


def test_filters_and_order(client_with: Callable[..., Client]) -> None:
    rows = [make_pair(decision=value) for value in ("", "same-work", "unrelated")]
    rows.append(make_pair(mirrored=True))
    seen = {"first_revision": 1, "second_revision": 1}
    Duplicate.objects.exclude(decision="").update(**seen)
    Canvas.objects.filter(pk=rows[2].second_id).update(pixel_revision=2)
    pks = [row.pk for row in rows]
    client = client_with("view_duplicate")
    for query, wanted in (
        ("", pks[::-1]),
        ("decision=open", [pks[3], pks[0]]),
        ("decision=same-work", [pks[1]]),
        ("decision=unrelated", [pks[2]]),
        ("decision=nonsense", []),
        ("mirrored__exact=1", [pks[3]]),
        ("changed=yes", [pks[2]]),
        ("changed=nonsense", pks[::-1]),
    ):
        assert found(client, query) == wanted, query
    page = client.get(f"{LIST}?changed=yes").content.decode()
    assert "a picture changed since" in page


def test_decisions_in_the_list_are_written_down_and_undone(
    client_with: Callable[..., Client],
) -> None:
    first, second = make_pair(), make_pair("Letter", decision="same-work")
    client = client_with("change_duplicate")
    chosen = [first.pk, second.pk]
    for action, decision in (
        *(("same_work", "same-work"), ("copy", "copy"), ("detail", "detail")),
        *(("variant", "variant"), ("unrelated", "unrelated"), ("open_again", "")),
    ):
        client.post(LIST, {"action": action, "_selected_action": chosen})
        assert set(Duplicate.objects.values_list("decision", flat=True)) == {decision}
    log = [(entry.object_id, entry.change_message) for entry in LogEntry.objects.order_by("pk")]
    assert log[0] == (str(first.pk), "Decided: the same work.") and len(log) == 11
    page = client.get(LIST).content.decode()
    assert "Your last decision: 2 pairs are open again." in page
    undone = client.post(undo_of(Batch.objects.first()), {"next": LIST}, follow=True)
    assert undone.redirect_chain == [(LIST, 302)]
    assert "Undone: 2 pairs are open again." in undone.content.decode()
    assert set(Duplicate.objects.values_list("decision", flat=True)) == {"unrelated"}


def test_too_many_at_once(
    client_with: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iiifsearch.decisions.batch.MOST_AT_ONCE", 1)
    monkeypatch.setattr(pages, "MOST_AT_ONCE", 1)
    chosen = [make_pair().pk, make_pair("Letter").pk]
    sent = {"action": "copy", "_selected_action": chosen}
    told = client_with("change_duplicate").post(LIST, sent, follow=True).content.decode()
    assert "Nothing was decided. More than 1 are chosen" in told
    assert set(Duplicate.objects.values_list("decision", flat=True)) == {""}


def test_deciding_needs_the_permission(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    client = client_with("view_duplicate", "change_canvas")
    client.post(LIST, {"action": "copy", "_selected_action": [row.pk]})
    assert client.post(page_of(row), {"verdict": "copy"}).status_code == 403
    assert 'value="copy"' not in client.get(LIST).content.decode()
    assert 'name="verdict"' not in client.get(page_of(row)).content.decode()
    row.refresh_from_db()
    assert row.decision == "" and not LogEntry.objects.exists()


def test_looking_needs_the_permission(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    for page in (LIST, page_of(row)):
        assert client_with("view_canvas").get(page).status_code == 403
        without = client_with("view_duplicate").get(page)
        assert without.status_code == 200 and "Boats, again" in without.content.decode()
        assert thumbnail(row.first) not in without.content.decode()
        assert "picture.jpg" not in without.content.decode()
        assert Client().get(page)["Location"].startswith("/admin/login/")


def test_a_pair_is_not_deleted(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    client = client_with("add_duplicate", "change_duplicate", "delete_duplicate")
    delete = reverse("admin:iiifsearch_duplicate_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_canvases_without_pictures_and_titles(client_with: Callable[..., Client]) -> None:
    first, second = make_canvas("", picture=False), make_canvas("<b>", picture=False)
    said = {"similarity": 0.5, "inliers": 0, "probability": 0.95, "outline": None}
    row = Duplicate.objects.create(first=first, second=second, **said)
    client = client_with("view_duplicate", "view_canvas")
    for page in (LIST, page_of(row)):
        text = client.get(page).content.decode()
        assert "no picture yet" in text and "&lt;b&gt;" in text and "95.0 %" in text


def test_queries_do_not_grow(
    client_with: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_with("view_duplicate", "view_canvas")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    make_pair()
    before = count()
    for number in range(3):
        make_pair(str(number))
    assert count() == before
    monkeypatch.setattr("catalog.admin.pictures.MOST_LISTED", 2)
    monkeypatch.setattr(pages, "MOST_LISTED", 2)
    assert "The latest 2 are listed" in client.get(LIST).content.decode()


def test_the_front_page_leads_there(client_with: Callable[..., Client]) -> None:
    assert LIST in client_with("view_duplicate").get("/admin/").content.decode()
