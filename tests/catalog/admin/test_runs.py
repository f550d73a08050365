"""The page of a run, what can be done there, and the list of its items."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin.display import about
from catalog.admin.reasons import kind_in_words
from catalog.models import HarvestItem, HarvestRun, Host, Picture
from tests.catalog.admin.conftest import make_canvas, make_manifest, make_source

State = HarvestRun.State
OPEN = (State.QUEUED, State.RUNNING, State.PAUSED)

_numbers = itertools.count(1)


def make_item(run: HarvestRun, outcome: str = "created", **values: Any) -> HarvestItem:
    url = values.pop("url", f"https://example.org/item/{next(_numbers)}")
    return HarvestItem.objects.create(run=run, url=url, mark=url, outcome=outcome, **values)


def make_run(state: str = State.DONE, failed: int = 0, **values: object) -> HarvestRun:
    values = {"found": failed, **values}
    run = HarvestRun.objects.create(source=make_source(), state=state, failed=failed, **values)
    for number in range(failed):
        url = f"https://example.org/broken/{number}"
        reason = f"{url}: the server answered 404 Not Found"
        of = {"kind": "status-404", "host": "example.org", "reason": reason}
        make_item(run, "failed", url=url, **of)
    return run


def make_picture(run: HarvestRun | None, outcome: str = "waiting", **values: Any) -> Picture:
    values = {"revision": 1, "host": "images.example.org", **values}
    return Picture.objects.create(canvas=make_canvas(), run=run, outcome=outcome, **values)


def page_of(run: HarvestRun) -> str:
    return reverse("admin:catalog_harvestrun_change", args=[run.pk])


def url_of(name: str, run: HarvestRun) -> str:
    return reverse(f"admin:catalog_harvestrun_{name}", args=[run.pk])


def text_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


# -- what is shown -------------------------------------------------------------------------------


def test_failures_are_grouped_by_kind_and_host(curators_client: Client) -> None:
    run = make_run(failed=4)
    make_item(run, "failed", kind="unreadable", host="example.org", reason="It is no JSON.")
    make_picture(run, "failed", kind="status-404", reason="https://images.example.org/1: nothing")
    make_run(failed=2)
    response = curators_client.get(page_of(run))
    groups = response.context["failures"]
    assert [(g["count"], g["what"], g["kind"], g["host"], g["reason"]) for g in groups] == [
        ("4", "URL", "404 Not Found", "example.org", "the server answered 404 Not Found"),
        ("1", "URL", "not readable", "example.org", "It is no JSON."),
        ("1", "picture", "404 Not Found", "images.example.org", "nothing"),
    ]
    assert [curators_client.get(g["url"]).context["cl"].result_count for g in groups] == [4, 1, 1]
    for group in groups:
        assert f'formaction="{group["again"].replace("&", "&amp;")}"' in response.content.decode()


def test_warnings_are_grouped_by_kind(curators_client: Client) -> None:
    run = make_run()
    odd = {"code": "odd", "message": "Odd.", "path": "items[0]"}
    for count in (2, 1, 0):
        make_item(run, warnings=[odd] * count)
    (group,) = curators_client.get(page_of(run)).context["warnings"]
    assert (group["code"], group["count"], group["manifests"]) == ("odd", "3", "2")
    assert curators_client.get(group["url"]).context["cl"].result_count == 2


@pytest.mark.parametrize("state", State)
def test_the_page_refreshes_itself_only_while_the_run_moves(
    curators_client: Client, state: State
) -> None:
    for page in (page_of(make_run(state)), url_of("progress", make_run(state))):
        text = text_of(curators_client, page)
        assert ("<progress" in text) is (state in OPEN)
        assert f'data-watching="{"true" if state in OPEN else "false"}"' in text
    text = text_of(curators_client, page_of(make_run(state)))
    assert ("live.js" in text) is (state in OPEN)
    assert ('http-equiv="refresh"' in text) is (state in OPEN)


def test_a_run_that_still_fetches_pictures_is_watched_and_says_so(curators_client: Client) -> None:
    run = make_run(State.DONE)
    make_picture(run)
    text = text_of(curators_client, page_of(run))
    assert "fetching pictures" in text
    assert "live.js" in text
    # Nobody fetches those of a cancelled one.
    HarvestRun.objects.update(state=State.CANCELLED)
    assert "live.js" not in text_of(curators_client, page_of(run))


def test_the_numbers_are_those_of_the_progress(curators_client: Client) -> None:
    run = make_run(State.RUNNING, failed=1, found=2_000_000, created=1_234_567)
    make_picture(run)
    make_picture(run, "kept", read_at=timezone.now())
    make_picture(run, "skipped")
    make_picture(run, "failed")
    context = curators_client.get(page_of(run)).context
    urls = {tile["label"]: tile["count"] for tile in context["urls"]}
    assert (urls["found"], urls["new"], urls["to do"]) == ("2,000,000", "1,234,567", "765,432")
    pictures = {tile["label"]: tile["count"] for tile in context["pictures"]}
    assert pictures == {
        "wanted": "4",
        "to be fetched": "1",
        "fetched": "1",
        "looked at": "1",
        "nothing to see": "1",
        "failed": "1",
    }
    assert context["percent"] == 61
    for tile in (*context["urls"], *context["pictures"]):
        assert not tile["url"] or curators_client.get(tile["url"]).status_code == 200


def test_it_says_for_which_hosts_it_waits(curators_client: Client) -> None:
    run, later = make_run(State.RUNNING, found=3), timezone.now() + timedelta(minutes=10)
    for _ in range(2):
        make_item(run, "pending", host="slow.example.org", due_at=later, reason="not now")
    make_picture(run, host="tired.example.org")
    resting = {"rests_until": later + timedelta(hours=1), "rest_reason": "the server answered 503"}
    for name in ("tired.example.org", "unconcerned.example.org"):
        Host.objects.create(name=name, **resting)
    slow, tired = curators_client.get(page_of(run)).context["waits"]
    assert (slow.host, slow.urls, slow.reason) == ("slow.example.org", 2, "not now")
    assert (tired.host, tired.urls, tired.reason) == (
        *("tired.example.org", 0),
        "the server answered 503",
    )
    assert "(in about 10 minutes)" in slow.when
    assert curators_client.get(tired.url).context["cl"].result_count == 1


def test_a_run_that_nobody_does_says_so(curators_client: Client) -> None:
    queued, running = make_run(State.QUEUED), make_run(State.RUNNING, found=1)
    assert "Is a worker running" not in text_of(curators_client, page_of(queued))
    ago = timezone.now() - timedelta(minutes=5)
    HarvestRun.objects.update(created_at=ago, started_at=ago)
    for run in (queued, running):
        assert "Is a worker running" in text_of(curators_client, page_of(run))
    make_item(running, "pending", due_at=timezone.now() + timedelta(hours=1))
    assert "Is a worker running" not in text_of(curators_client, page_of(running))


def test_the_latest_are_those_that_were_dealt_with(curators_client: Client) -> None:
    run = make_run(State.RUNNING)
    postponed = make_item(run, "pending", due_at=timezone.now() + timedelta(hours=1))
    first, second = make_item(run), make_item(run, "read")
    make_item(run, "pending")
    shown = [item for item, _ in curators_client.get(page_of(run)).context["items"]]
    assert shown == [second, first]
    assert postponed not in shown


def test_the_report_asks_little_of_the_database(curators_client: Client) -> None:
    run = make_run(State.RUNNING, failed=3)
    for _ in range(2):
        make_picture(run, "failed", kind="timeout")
        with CaptureQueriesContext(connection) as captured:
            text_of(curators_client, url_of("progress", run))
        assert len(captured) <= 20
    assert not [query for query in captured if "jsonb_array_elements" in query["sql"]]


def test_kinds_and_spans_in_words() -> None:
    assert kind_in_words("status-503") == "503 Service Unavailable"
    assert kind_in_words("status-799") == "status 799"
    assert kind_in_words("robots") == "forbidden by robots.txt"
    assert kind_in_words("something-new") == "something new"
    assert kind_in_words("") == ""
    assert [about(n) for n in (0, 60, 300, 7200, 86_400 * 3, 1e9)] == [
        *("less than a minute", "about 1 minute", "about 5 minutes"),
        *("about 2 hours", "about 3 days", "about 11,574 days"),
    ]


# -- what can be done ----------------------------------------------------------------------------

STEPS = [
    ("pause", State.RUNNING, State.PAUSED),
    ("pause", State.QUEUED, State.PAUSED),
    ("resume", State.PAUSED, State.QUEUED),
    ("cancel", State.RUNNING, State.CANCELLED),
    ("cancel", State.PAUSED, State.CANCELLED),
]


@pytest.mark.parametrize(("name", "before", "after"), STEPS)
def test_steering(curators_client: Client, name: str, before: str, after: str) -> None:
    run = make_run(before)
    assert url_of(name, run) in text_of(curators_client, page_of(run))
    response = curators_client.post(url_of(name, run))
    assert response["Location"] == page_of(run)
    run.refresh_from_db()
    assert run.state == after
    assert LogEntry.objects.filter(object_id=run.pk).count() == 1


@pytest.mark.parametrize(
    ("name", "state"),
    [
        *(("pause", State.DONE), ("resume", State.RUNNING)),
        *(("cancel", State.CANCELLED), ("retry", State.CANCELLED)),
    ],
)
def test_what_cannot_be_done_is_said(curators_client: Client, name: str, state: str) -> None:
    run = make_run(state, failed=1)
    assert url_of(name, run) not in text_of(curators_client, page_of(run))
    page = curators_client.post(url_of(name, run), follow=True)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    run.refresh_from_db()
    assert (run.state, run.failed) == (state, 1)
    assert not LogEntry.objects.exists()


def test_cancelling_asks_first(curators_client: Client) -> None:
    run = make_run(State.RUNNING, found=1234)
    make_picture(run)
    page = curators_client.get(url_of("cancel", run))
    assert (page.context["pending"], page.context["waiting"]) == ("1,234", "1")
    run.refresh_from_db()
    assert run.state == State.RUNNING
    done = make_run(State.DONE)
    assert "nothing to cancel" in text_of(curators_client, url_of("cancel", done))


def test_failures_are_tried_again_all_or_a_group(curators_client: Client) -> None:
    run = make_run(State.DONE, failed=2)
    make_item(run, "failed", kind="timeout", host="slow.example.org")
    HarvestRun.objects.update(failed=3, found=3)
    picture = make_picture(run, "failed", kind="timeout", host="images.example.org")
    again = url_of("retry", run)
    curators_client.post(f"{again}?kind=timeout&host=slow.example.org")
    run.refresh_from_db()
    assert (run.state, run.failed, run.pending) == (State.RUNNING, 2, 1)
    response = curators_client.post(again, follow=True)
    *_, message = response.context["messages"]
    assert str(message) == "What failed is tried again: 3."
    run.refresh_from_db()
    picture.refresh_from_db()
    assert (run.failed, run.pending, picture.outcome) == (0, 3, "waiting")
    (message,) = curators_client.post(again, follow=True).context["messages"]
    assert "Nothing" in str(message)


@pytest.mark.parametrize("name", ["pause", "resume", "cancel", "retry"])
def test_steering_needs_the_permission(client_with: Callable[..., Client], name: str) -> None:
    run = make_run(State.PAUSED if name == "resume" else State.RUNNING, failed=1)
    state = run.state
    client = client_with("view_harvestrun", "add_source", "change_source", "change_picture")
    assert url_of(name, run) not in text_of(client, page_of(run))
    assert client.post(url_of(name, run)).status_code == 403
    assert Client().post(url_of(name, run))["Location"].startswith("/admin/login/")
    run.refresh_from_db()
    assert (run.state, run.failed) == (state, 1)
    assert client_with("change_harvestrun").post(url_of(name, run)).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.failed) != (state, 1)


@pytest.mark.parametrize("name", ["pause", "resume", "cancel", "retry", "progress"])
def test_asking_changes_nothing(curators_client: Client, name: str) -> None:
    run = make_run(State.PAUSED if name == "resume" else State.RUNNING, failed=1)
    state = run.state
    response = curators_client.get(url_of(name, run))
    assert response.status_code == (200 if name in ("cancel", "progress") else 405)
    run.refresh_from_db()
    assert (run.state, run.failed) == (state, 1)


def test_a_page_of_another_site_cannot_steer(curators_client: Client) -> None:
    run = make_run(State.RUNNING)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = curators_client.cookies
    for name in ("pause", "cancel", "retry"):
        assert strict.post(url_of(name, run)).status_code == 403
    run.refresh_from_db()
    assert run.state == State.RUNNING


def test_watching_needs_the_permission(client_with: Callable[..., Client]) -> None:
    run = make_run(State.RUNNING)
    for page in (page_of(run), url_of("progress", run)):
        assert client_with("view_source").get(page).status_code == 403
        assert client_with("view_harvestrun").get(page).status_code == 200
    assert client_with("view_harvestrun").post(url_of("progress", run)).status_code == 405
    assert client_with("view_harvestrun").get(f"{page_of(run)}x/progress/").status_code != 200


def test_a_run_is_only_looked_at(curators_client: Client) -> None:
    run = make_run()
    assert curators_client.post(page_of(run), {"state": "failed"}).status_code == 403
    assert curators_client.get("/admin/catalog/harvestrun/add/").status_code == 403


# -- the list of items ---------------------------------------------------------------------------


def test_items_are_filtered_by_run_outcome_kind_host_and_url(curators_client: Client) -> None:
    run = make_run(failed=3)
    make_run(failed=2)
    make_item(run, url="https://example.org/good")
    make_item(run, "failed", kind="timeout", host="slow.example.org")

    def found(query: str) -> int:
        response = curators_client.get(f"/admin/catalog/harvestitem/?{query}")
        assert response.status_code == 200
        return response.context["cl"].result_count

    assert found("") == 7
    assert found(f"run={run.pk}") == 5
    assert found(f"run={run.pk}&outcome__exact=failed") == 4
    assert found(f"run={run.pk}&kind=status-404&host=example.org") == 3
    assert found("host=slow.example.org") == 1
    assert found("q=good") == 1
    assert found("run=nonsense") == 0


def test_hostile_urls_become_no_links(curators_client: Client) -> None:
    run = make_run()
    url = "javascript:alert(1)"
    item = make_item(run, "failed", url=url, reason="Refused.")
    detail = reverse("admin:catalog_harvestitem_change", args=[item.pk])
    for page in (page_of(run), detail, "/admin/catalog/harvestitem/"):
        assert f'href="{url}' not in text_of(curators_client, page)


def test_an_item_leads_to_its_manifest(curators_client: Client) -> None:
    manifest = make_manifest()
    run = make_run()
    item = make_item(run, manifest=manifest)
    detail = reverse("admin:catalog_harvestitem_change", args=[item.pk])
    for page in (detail, page_of(run), "/admin/catalog/harvestitem/"):
        there = reverse("admin:catalog_manifest_change", args=[manifest.pk])
        assert there in text_of(curators_client, page)
