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
from iiifsearch.models import Duplicate
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
    assert thumbnail(row.first) in page and thumbnail(row.second) in page
    detail = client.get(page_of(row)).content.decode()
    assert 'points="10.00,10.00 90.00,10.00 90.00,90.00 10.00,90.00"' in detail
    assert "Boats and Boats, again" in detail


def test_filters_and_order(client_with: Callable[..., Client]) -> None:
    rows = [make_pair(decision=value) for value in ("", "same-work", "unrelated")]
    rows.append(make_pair(mirrored=True))
    pks = [row.pk for row in rows]
    client = client_with("view_duplicate")
    for query, wanted in (
        ("", pks[::-1]),
        ("decision=open", [pks[3], pks[0]]),
        ("decision=same-work", [pks[1]]),
        ("decision=unrelated", [pks[2]]),
        ("decision=nonsense", []),
        ("mirrored__exact=1", [pks[3]]),
    ):
        assert found(client, query) == wanted, query


def test_a_decision_is_made_and_written_down(client_with: Callable[..., Client]) -> None:
    first, second = make_pair(), make_pair("Letter", decision="same-work")
    client = client_with("change_duplicate")
    for action, decision in (("the_same", "same-work"), ("not_the_same", "unrelated")):
        client.post(LIST, {"action": action, "_selected_action": [first.pk, second.pk]})
        assert set(Duplicate.objects.values_list("decision", flat=True)) == {decision}
    log = [(entry.object_id, entry.change_message) for entry in LogEntry.objects.order_by("pk")]
    assert log[0] == (str(first.pk), "Decided: the same work.")
    assert {pk for pk, _ in log[1:]} == {str(first.pk), str(second.pk)}
    assert len(log) == 3 and log[1][1] == "Decided: unrelated."


def test_a_decision_on_the_page(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    client = client_with("change_duplicate", "view_canvas")
    sent = client.post(page_of(row), {"decision": "unrelated", "inliers": "0", "mirrored": "on"})
    assert sent.status_code == 302
    row.refresh_from_db()
    assert (row.decision, row.inliers, row.mirrored) == ("unrelated", 41, False)
    assert LogEntry.objects.get().object_id == str(row.pk)


def test_deciding_needs_the_permission(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    client = client_with("view_duplicate", "change_canvas")
    client.post(LIST, {"action": "the_same", "_selected_action": [row.pk]})
    assert client.post(page_of(row), {"decision": "same-work"}).status_code == 403
    assert "Not the same" not in client.get(LIST).content.decode()
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


def test_a_pair_is_neither_added_nor_deleted(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    client = client_with("add_duplicate", "change_duplicate", "delete_duplicate")
    assert client.get(f"{LIST}add/").status_code == 403
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
