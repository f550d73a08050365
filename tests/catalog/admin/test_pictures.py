"""The list of pictures: what became of them, their failures in groups, trying again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.admin import pictures
from catalog.models import Canvas, HarvestRun, Host, Picture
from tests.catalog.admin.conftest import make_canvas, make_manifest, make_source
from tests.catalog.admin.test_runs import make_picture, make_run

LIST = "/admin/catalog/picture/"
RETRY = "/admin/catalog/picture/retry/"


def make_failures(run: HarvestRun | None = None) -> list[Picture]:
    """Three of one group, one of another, and one that is kept."""
    made = [
        make_picture(run, "failed", kind="status-404", reason=f"https://x.example/{n}: not there")
        for n in range(3)
    ]
    made.append(make_picture(run, "failed", kind="timeout", host="slow.example.org"))
    make_picture(run, "kept")
    return made


def found(client: Client, query: str) -> int:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return response.context["cl"].result_count


def test_filters(curators_client: Client) -> None:
    run = make_run()
    make_failures(run)
    manifest = make_manifest(source=make_source())
    make_picture(None)
    Canvas.objects.filter(pk=Picture.objects.get(run=None).pk).update(home=manifest)
    for query, count in (
        ("", 6),
        ("outcome__exact=failed", 4),
        ("kind=status-404", 3),
        ("kind=status-404&host=slow.example.org", 0),
        ("host=slow.example.org", 1),
        (f"run={run.pk}", 5),
        (f"source={manifest.source_id}", 1),
        ("source=nonsense", 0),
        ("run=nonsense", 0),
        ("kind=%00", 6),
    ):
        assert found(curators_client, query) == count, query


def test_the_filter_offers_the_hosts_that_were_asked_most(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "HOSTS_IN_FILTER", 2)
    for requests, name in enumerate(("rare", "often", "daily")):
        Host.objects.create(name=f"{name}.example.org", requests=requests)
    page = curators_client.get(f"{LIST}?host=other.example.org")
    specs = {spec.title: spec for spec in page.context["cl"].filter_specs}
    offered = [value for value, _ in specs["host"].lookup_choices]
    assert offered == ["daily.example.org", "often.example.org", "other.example.org"]


def test_failures_are_grouped_above_the_list(curators_client: Client) -> None:
    run = make_run()
    make_failures(run)
    make_failures()
    response = curators_client.get(LIST)
    shown = [(g["count"], g["kind"], g["host"], g["reason"]) for g in response.context["groups"]]
    assert shown == [
        ("6", "404 Not Found", "images.example.org", "not there"),
        ("2", "no answer in time", "slow.example.org", ""),
    ]
    for group in response.context["groups"]:
        assert str(found(curators_client, group["url"].partition("?")[2])) == group["count"]
    of_run = curators_client.get(f"{LIST}?run={run.pk}").context["groups"]
    assert [group["count"] for group in of_run] == ["3", "1"]
    assert f"run={run.pk}" in of_run[0]["again"]
    kept = curators_client.get(f"{LIST}?outcome__exact=kept")
    assert "Failures grouped" not in kept.content.decode()


def test_reasons_are_shown_without_urls(curators_client: Client) -> None:
    reason = "https://images.example.org/1/info.json: see https://images.example.org/help."
    picture = make_picture(None, "failed", reason=reason)
    page = curators_client.get(LIST).content.decode()
    assert "see …." in page
    assert "info.json" not in page
    detail = reverse("admin:catalog_picture_change", args=[picture.pk])
    assert "info.json" in curators_client.get(detail).content.decode()


def test_a_group_is_tried_again(
    curators_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    queued: list[dict[str, object]] = []
    monkeypatch.setattr("catalog.tasks._defer", lambda job, **given: queued.append(given))
    run = make_run()
    mine, others = make_failures(run), make_failures()
    again = curators_client.get(f"{LIST}?run={run.pk}").context["groups"][0]["again"]
    with django_capture_on_commit_callbacks(execute=True):
        response = curators_client.post(again)
    assert response["Location"] == f"{LIST}?run={run.pk}"
    assert queued == [{"host": "images.example.org"}]
    now = Picture.objects.in_bulk()
    assert [now[picture.pk].outcome for picture in mine] == ["waiting"] * 3 + ["failed"]
    assert {now[picture.pk].outcome for picture in others} == {"failed"}
    assert not now[mine[0].pk].reason
    (message,) = curators_client.get(LIST).context["messages"]
    assert str(message) == "Tried again: 3."


def test_chosen_ones_are_tried_again(curators_client: Client) -> None:
    first, second, *_ = make_failures()
    kept = Picture.objects.get(outcome="kept")
    chosen = {"action": "try_again", "_selected_action": [first.pk, kept.pk]}
    curators_client.post(LIST, chosen)
    now = Picture.objects.in_bulk()
    assert [now[p.pk].outcome for p in (first, second, kept)] == ["waiting", "failed", "kept"]
    everything = chosen | {"select_across": "1"}
    curators_client.post(f"{LIST}?kind=status-404", everything)
    assert Picture.objects.filter(outcome="failed").count() == 1


def test_pictures_of_a_cancelled_harvest_are_left(curators_client: Client) -> None:
    run = make_run("cancelled")
    first, *_ = make_failures(run)
    response = curators_client.post(
        f"{RETRY}?kind=status-404&host=images.example.org&run={run.pk}", follow=True
    )
    first.refresh_from_db()
    assert first.outcome == "failed"
    (message,) = response.context["messages"]
    assert "was cancelled" in str(message)


def test_trying_again_needs_the_permission(client_with: Callable[..., Client]) -> None:
    first, *_ = make_failures()
    client = client_with("view_picture", "change_canvas", "change_harvestrun")
    asked = f"{RETRY}?kind=status-404&host=images.example.org"
    assert client.post(asked).status_code == 403
    client.post(LIST, {"action": "try_again", "_selected_action": [first.pk]})
    page = client.get(LIST).content.decode()
    assert "Failures grouped" in page
    assert "Try again" not in page
    assert Picture.objects.filter(outcome="failed").count() == 4
    client = client_with("change_picture")
    assert client.get(asked).status_code == 405
    assert Picture.objects.filter(outcome="failed").count() == 4
    assert client.post(asked).status_code == 302
    assert Picture.objects.filter(outcome="failed").count() == 1


def test_looking_needs_the_permission(client_with: Callable[..., Client]) -> None:
    canvas = make_canvas(picture=True)
    detail = reverse("admin:catalog_picture_change", args=[canvas.pk])
    small = reverse("admin:catalog_canvas_thumbnail", args=[canvas.pk])
    for page in (LIST, detail):
        assert client_with("view_canvas").get(page).status_code == 403
        without = client_with("view_picture").get(page)
        assert without.status_code == 200
        assert small not in without.content.decode()
        both = client_with("view_picture", "view_canvas").get(page)
        assert small in both.content.decode()


def test_a_picture_is_neither_added_changed_nor_deleted(curators_client: Client) -> None:
    picture = make_picture(None, "failed", reason="Broken.")
    page = reverse("admin:catalog_picture_change", args=[picture.pk])
    assert curators_client.post(page, {"outcome": "kept"}).status_code == 403
    assert curators_client.get(f"{LIST}add/").status_code == 403
    delete = reverse("admin:catalog_picture_delete", args=[picture.pk])
    assert curators_client.post(delete, {"post": "yes"}).status_code == 403


def test_nothing_counts_all_pictures(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_LISTED", 3)
    make_failures()
    with CaptureQueriesContext(connection) as captured:
        response = curators_client.get(LIST)
    counts = [query["sql"] for query in captured if "COUNT(*)" in query["sql"]]
    assert [sql for sql in counts if "catalog_picture" in sql and "GROUP BY" not in sql]
    assert all("LIMIT 3" in sql for sql in counts if "GROUP BY" not in sql)
    assert response.context["cl"].result_count == 3
    assert "The first 3 are listed" in response.content.decode()
