"""Harvests by REST: listing, watching and steering them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, HarvestItem, HarvestRun, Picture, Source
from tests.people import signed_in

_numbers = itertools.count(1)
State = HarvestRun.State


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    """Somebody, not of the staff, with these permissions of ``catalog``."""
    return signed_in


@pytest.fixture
def steersman(client_with: Callable[..., Client]) -> Client:
    return client_with("change_harvestrun")


def make_run(state: str = State.RUNNING, **values: Any) -> HarvestRun:
    source = Source.objects.create(url=f"https://example.org/{next(_numbers)}")
    return HarvestRun.objects.create(source=source, state=state, **values)


def make_failures(run: HarvestRun) -> None:
    """Two URLs of one group, and a picture of another."""
    for number in range(2):
        url = f"https://example.org/{run.pk}/{number}"
        of = {"kind": "status-404", "host": "example.org", "reason": "not there"}
        HarvestItem.objects.create(run=run, url=url, mark=url, outcome="failed", **of)
    HarvestRun.objects.filter(pk=run.pk).update(found=2, failed=2)
    key = f"c{next(_numbers)}"
    canvas = Canvas.objects.create(key=key, uri=f"https://example.org/{key}", raw_id=key)
    of = {"kind": "timeout", "host": "slow.example.org", "reason": "too slow"}
    Picture.objects.create(canvas=canvas, run=run, revision=1, outcome="failed", **of)


def test_a_run_tells_its_progress_and_its_failures(steersman: Client) -> None:
    run = make_run()
    make_failures(run)
    HarvestRun.objects.update(found=3)
    HarvestItem.objects.create(run=run, url="x", mark="x")
    told = steersman.get(f"/api/runs/{run.pk}/").json()
    progress = told["progress"]
    assert progress["state"] == told["state"] == "running"
    assert (progress["found"], progress["pending"], progress["dealt_with"]) == (3, 1, 2)
    assert (progress["wanted"], progress["failed"], progress["waiting"]) == (1, 1, 0)
    assert (progress["done"], progress["total"], progress["moving"]) == (4, 5, True)
    assert progress["seconds_left"] is progress["rate"] is progress["resumes_at"] is None
    assert told["counts"]["pending"] == 1
    names = ("what", "kind", "host", "count", "example")
    assert [tuple(group[name] for name in names) for group in told["failures"]] == [
        ("url", "status-404", "example.org", 2, "not there"),
        ("picture", "timeout", "slow.example.org", 1, "too slow"),
    ]
    # What is to do is no outcome.
    assert [item["outcome"] for item in told["items"]] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pause", State.RUNNING, "paused"),
        ("resume", State.PAUSED, "queued"),
        ("cancel", State.QUEUED, "cancelled"),
    ],
)
def test_steering(steersman: Client, name: str, before: str, after: str) -> None:
    run = make_run(before)
    url = f"/api/runs/{run.pk}/{name}/"
    assert steersman.get(url).status_code == 405
    response = steersman.post(url)
    assert response.status_code == 200
    assert response.json()["state"] == response.json()["progress"]["state"] == after
    again = steersman.post(url)
    assert again.status_code == 409
    assert f"Run {run.pk} is" in again.json()["detail"]
    assert steersman.post(f"/api/runs/999999/{name}/").status_code == 404
    assert [entry.object_id for entry in LogEntry.objects.all()] == [f"{run.pk}"]


def test_failures_are_tried_again_all_or_a_group(steersman: Client) -> None:
    run = make_run(State.DONE)
    make_failures(run)
    url = f"/api/runs/{run.pk}/retry/"
    told = steersman.post(url, {"kind": "timeout", "host": "slow.example.org"}).json()
    assert [group["what"] for group in told["failures"]] == ["url"]
    told = steersman.post(url, {}, content_type="application/json").json()
    assert (told["state"], told["failures"], told["counts"]["failed"]) == ("running", [], 0)
    steersman.post(url)  # nothing of it has failed any more
    assert LogEntry.objects.count() == 2
    assert steersman.post(url, {"kind": "x" * 31}).status_code == 400
    cancelled = make_run(State.CANCELLED)
    response = steersman.post(f"/api/runs/{cancelled.pk}/retry/")
    assert response.status_code == 409
    assert "cancelled" in response.json()["detail"]


@pytest.mark.parametrize("name", ["pause", "resume", "cancel", "retry"])
def test_steering_needs_the_permission(client_with: Callable[..., Client], name: str) -> None:
    run = make_run(State.PAUSED if name == "resume" else State.RUNNING)
    make_failures(run)
    before = HarvestRun.objects.values().get()
    url = f"/api/runs/{run.pk}/{name}/"
    client = client_with("add_source", "view_harvestrun", "change_source")
    response = client.post(url)
    assert response.status_code == 403
    assert "catalog.change_harvestrun" in response.json()["detail"]
    assert Client().post(url).status_code in (401, 403)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_with("change_harvestrun").cookies
    assert strict.post(url).status_code == 403
    assert HarvestRun.objects.values().get() == before


def test_watching_needs_a_permission(client_with: Callable[..., Client]) -> None:
    run = make_run()
    for url in ("/api/runs/", f"/api/runs/{run.pk}/"):
        assert client_with("view_source").get(url).status_code == 403
        assert Client().get(url).status_code in (401, 403)
        for name in ("add_source", "view_harvestrun", "change_harvestrun"):
            assert client_with(name).get(url).status_code == 200


def test_runs_are_listed_newest_first_and_by_state(steersman: Client) -> None:
    first, second, third = make_run(State.DONE), make_run(), make_run(State.DONE)
    listed = steersman.get("/api/runs/").json()
    assert [run["id"] for run in listed["results"]] == [third.pk, second.pk, first.pk]
    assert listed["results"][0]["url"] == third.source.url
    assert "items" not in listed["results"][0]
    done = steersman.get("/api/runs/?state=done&limit=1").json()
    assert (done["count"], [run["id"] for run in done["results"]]) == (2, [third.pk])
    following = steersman.get(done["next"]).json()
    assert [run["id"] for run in following["results"]] == [first.pk]
    assert steersman.get("/api/runs/?state=lost").status_code == 400
    assert steersman.get("/api/runs/?page=9").status_code == 404


def test_the_list_asks_the_same_of_the_database_however_long_it_is(steersman: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            steersman.get("/api/runs/")
        return len(captured)

    make_run()
    before = queries()
    for _ in range(5):
        make_failures(make_run())
    assert queries() == before


def test_everything_is_read_anew_where_that_is_asked_for(
    client_with: Callable[..., Client],
) -> None:
    client = client_with("add_source")
    for number, sent in enumerate(({}, {"full": False}, {"full": True})):
        body = {"url": f"https://example.org/anew/{number}", **sent}
        response = client.post("/api/manifests/", body, content_type="application/json")
        assert response.status_code == 202
        assert response.json()["full"] is sent.get("full", False)
        assert HarvestRun.objects.get(pk=response.json()["id"]).full is sent.get("full", False)


def test_the_schema_is_valid_and_tells_of_runs(db: None, client: Client) -> None:
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    validate_schema(SchemaGenerator().get_schema(request=None, public=True))
    schema = client.get("/api/schema/?format=json").json()
    for name in ("pause", "resume", "cancel", "retry"):
        assert "post" in schema["paths"][f"/api/runs/{{id}}/{name}/"]
    run = schema["components"]["schemas"]["HarvestRun"]["properties"]
    assert "$ref" in str(run["progress"]) and "$ref" in str(run["failures"])
    listed = schema["paths"]["/api/runs/"]["get"]
    assert {"state", "page", "limit"} <= {each["name"] for each in listed["parameters"]}
