"""Hosts: their settings, how they are, and asking one again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.admin.hosts import MOST_COUNTED
from catalog.models import HarvestItem, Host, Picture
from tests.catalog.admin.test_runs import make_item, make_picture, make_run

LIST = "/admin/catalog/host/"
ADD = "/admin/catalog/host/add/"
SETTINGS = {"delay": "", "concurrency": "", "obey_robots": "on", "note": ""}


def page_of(host: Host) -> str:
    return reverse("admin:catalog_host_change", args=[host.pk])


def again_of(host: Host) -> str:
    return reverse("admin:catalog_host_again", args=[host.pk])


def tired(**values: Any) -> Host:
    later = timezone.now() + timedelta(hours=1)
    defaults = {"failures": 7, "rests_until": later, "rest_reason": "the server answered 503"}
    return Host.objects.create(name="tired.example.org", busy=[later], **(defaults | values))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("images.example.org", "images.example.org"),
        (" Images.Example.ORG ", "images.example.org"),
        ("images.example.org:8080", "images.example.org:8080"),
        ("images.example.org:443", "images.example.org"),
        ("https://images.example.org/iiif/2/a%20b/info.json", "images.example.org"),
        ("http://images.example.org:8182/iiif", "images.example.org:8182"),
        ("images.example.org/iiif/2/1", "images.example.org"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("127.0.0.1:8183", "127.0.0.1:8183"),
        ("http://[::1]:8183/", "[::1]:8183"),
    ],
)
def test_a_host_is_added_by_its_name_or_by_a_url(
    curators_client: Client, text: str, name: str
) -> None:
    response = curators_client.post(ADD, {**SETTINGS, "name": text, "delay": "2.5"})
    assert response.status_code == 302
    assert (Host.objects.get().name, Host.objects.get().delay) == (name, 2.5)


@pytest.mark.parametrize(
    "text",
    [
        *("", "no host", "ftp://example.org/", "https://", "http://[", "a..b", ".example.org"),
        *("example.org:99999", "<script>", "x" * 300, "x" * 3000, "a\0b", "mailto:a@example.org"),
        "https://user@example.org/",
    ],
)
def test_what_is_no_host_is_an_error_of_the_form(curators_client: Client, text: str) -> None:
    response = curators_client.post(ADD, {**SETTINGS, "name": text})
    assert response.status_code == 200
    assert response.context["errors"]
    assert not Host.objects.exists()


def test_a_host_is_known_once(curators_client: Client) -> None:
    tired()
    response = curators_client.post(ADD, {**SETTINGS, "name": "https://Tired.example.org/1"})
    assert response.context["errors"]


def test_settings_are_changed_and_nothing_else(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = tired()
    stale = Host.objects.get(pk=host.pk)
    Host.objects.update(requests=99, busy=[], failures=8)  # by a worker, meanwhile
    monkeypatch.setattr("catalog.admin.hosts.HostAdmin.get_object", lambda *a, **k: stale)
    sent = {"name": "other", "delay": "1.5", "concurrency": "4", "note": "Asked by e-mail."}
    assert curators_client.post(page_of(host), sent).status_code == 302
    host.refresh_from_db()
    assert (host.name, host.delay, host.concurrency) == ("tired.example.org", 1.5, 4)
    assert (host.obey_robots, host.note) == (False, "Asked by e-mail.")
    assert (host.requests, host.busy, host.failures) == (99, [], 8)


@pytest.mark.parametrize(
    "sent", [{"delay": "-1"}, {"delay": "nan"}, {"delay": "90000"}, {"concurrency": "0"}]
)
def test_settings_that_make_no_sense_are_refused(
    curators_client: Client, sent: dict[str, str]
) -> None:
    host = tired()
    assert curators_client.post(page_of(host), {**SETTINGS, **sent}).context["errors"]


@pytest.mark.parametrize(
    ("values", "delay", "places"),
    [
        ({}, "0.2 s (default)", "2 at a time (default)"),
        ({"crawl_delay": 5}, "5 s (its robots.txt)", "2 at a time (default)"),
        ({"crawl_delay": 500}, "60 s (its robots.txt)", "2 at a time (default)"),
        ({"crawl_delay": 5, "obey_robots": False}, "0.2 s (default)", "2 at a time (default)"),
        (
            {"crawl_delay": 5, "delay": 1.5, "concurrency": 1},
            *("1.5 s (set here)", "1 at a time (set here)"),
        ),
    ],
)
def test_what_is_in_force_is_shown(
    curators_client: Client, values: dict[str, Any], delay: str, places: str
) -> None:
    host = Host.objects.create(name="images.example.org", **values)
    for page in (LIST, page_of(host)):
        text = curators_client.get(page).content.decode()
        assert delay in text
        assert places in text


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "not asked yet"),
        ({"last_asked_at": timezone.now()}, "fine"),
        ({"failures": 1}, "failing once"),
        ({"failures": 1200}, "failing 1,200 times"),
        ({"failures": 7, "rests_until": timezone.now() - timedelta(1)}, "failing 7 times"),
        ({"rests_until": timezone.now() + timedelta(hours=1)}, "resting until"),
    ],
)
def test_the_state_of_a_host(curators_client: Client, values: dict[str, Any], shown: str) -> None:
    host = Host.objects.create(name="images.example.org", **values)
    for page in (LIST, page_of(host)):
        assert shown in curators_client.get(page).content.decode()


def test_filters_and_search(curators_client: Client) -> None:
    tired()
    Host.objects.create(name="calm.example.org", delay=3)

    def found(query: str) -> list[str]:
        rows = curators_client.get(f"{LIST}?{query}").context["cl"].result_list
        return [host.name for host in rows]

    assert found("state=resting") == found("state=failing") == ["tired.example.org"]
    assert found("state=own") == ["calm.example.org"]
    assert found("q=calm") == ["calm.example.org"]


def test_waiting_pictures_are_counted_to_a_limit(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = tired()
    run = make_run()
    for outcome in ("waiting", "waiting", "kept"):
        make_picture(run, outcome, host=host.name)
    make_picture(run, host="other.example.org")
    assert ">2</a>" in curators_client.get(LIST).content.decode()
    link = "/admin/catalog/picture/?host=tired.example.org&amp;outcome__exact=waiting"
    assert link in curators_client.get(page_of(host)).content.decode()
    monkeypatch.setattr("catalog.admin.hosts.MOST_COUNTED", 1)
    assert "more than 1" in curators_client.get(LIST).content.decode()
    assert MOST_COUNTED > 1


def test_robots_txt_is_shown_as_text(curators_client: Client) -> None:
    host = tired(robots="User-agent: *\nDisallow: /<b>", robots_at=timezone.now(), crawl_delay=10)
    page = curators_client.get(page_of(host)).content.decode()
    assert "Disallow: /&lt;b&gt;" in page
    assert "10 s" in page
    Host.objects.update(robots="")
    assert "everything is allowed" in curators_client.get(page_of(host)).content.decode()


def test_ask_again_by_button_and_by_action(
    curators_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    queued: list[dict[str, object]] = []
    monkeypatch.setattr("catalog.tasks._defer", lambda job, **given: queued.append(given))
    run, later = make_run("running"), timezone.now() + timedelta(hours=1)
    paused = make_run("paused")
    for by_action in (False, True):
        Host.objects.all().delete()
        host = tired()
        mine = make_item(run, "pending", host=host.name, due_at=later, reason="resting")
        also = make_item(paused, "pending", host=host.name, due_at=later)
        other = make_item(run, "pending", host="other.example.org", due_at=later)
        queued.clear()
        with django_capture_on_commit_callbacks(execute=True):
            if by_action:
                sent = {"action": "ask_again_now", "_selected_action": [host.pk]}
                curators_client.post(LIST, sent)
            else:
                assert curators_client.get(again_of(host)).status_code == 405
                assert curators_client.post(again_of(host))["Location"] == page_of(host)
        host.refresh_from_db()
        assert (host.failures, host.rests_until, host.rest_reason, host.busy) == (0, None, "", [])
        due = dict(HarvestItem.objects.values_list("pk", "due_at"))
        assert (due[mine.pk], due[also.pk], due[other.pk]) == (None, None, later)
        assert queued == [{"run_id": run.pk}, {"host": host.name}]


def test_changing_needs_the_permission(client_with: Callable[..., Client]) -> None:
    host = tired()
    client = client_with("view_host", "change_source", "change_harvestrun")
    assert client.get(LIST).status_code == client.get(page_of(host)).status_code == 200
    assert client.post(page_of(host), {**SETTINGS, "delay": "9"}).status_code == 403
    assert client.post(again_of(host)).status_code == 403
    client.post(LIST, {"action": "ask_again_now", "_selected_action": [host.pk]})
    assert client.post(ADD, {**SETTINGS, "name": "new.example.org"}).status_code == 403
    page = client.get(page_of(host)).content.decode()
    assert "Ask again now" not in page
    host.refresh_from_db()
    assert (host.failures, host.delay, Host.objects.count()) == (7, None, 1)
    assert client_with("view_source").get(LIST).status_code == 403
    client = client_with("change_host")
    assert client.post(page_of(host), {**SETTINGS, "delay": "9"}).status_code == 302
    assert client.post(again_of(host)).status_code == 302
    assert client.post(ADD, {**SETTINGS, "name": "new.example.org"}).status_code == 403
    assert client_with("add_host").post(ADD, {**SETTINGS, "name": "new.example.org"})
    host.refresh_from_db()
    assert (host.failures, host.delay, Host.objects.count()) == (0, 9, 2)


def test_pictures_of_a_host_are_not_touched(curators_client: Client) -> None:
    host = tired()
    make_picture(None, "failed", host=host.name)
    curators_client.post(again_of(host))
    assert Picture.objects.get().outcome == "failed"
