"""Handing in a URL: one service is called, and the run is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.harvest import wanted
from catalog.models import Canvas, HarvestRun, Picture, Source
from tests.catalog.admin.conftest import make_canvas, make_manifest, make_source

ADD = "/admin/catalog/source/add/"
URL = "https://example.org/manifest.json"


def run_page(run: HarvestRun) -> str:
    return reverse("admin:catalog_harvestrun_change", args=[run.pk])


def test_adding_a_source_asks_for_a_harvest_and_shows_the_run(
    curators_client: Client, curator: User
) -> None:
    response = curators_client.post(ADD, {"url": f"  {URL} "})
    run = HarvestRun.objects.get()
    assert response.status_code == 302
    assert response["Location"] == run_page(run)
    assert run.source.url == URL
    assert run.source.added_by == run.requested_by == curator


def test_the_job_is_queued(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    queued = []
    monkeypatch.setattr("catalog.tasks._defer", lambda job, **given: queued.append(given))
    with django_capture_on_commit_callbacks(execute=True):
        curators_client.post(ADD, {"url": URL})
    assert queued == [{"run_id": HarvestRun.objects.get().pk}]


@pytest.mark.parametrize("url", ["", "no url", "ftp://example.org/m.json", "http://[", "https://"])
def test_a_bad_url_is_an_error_of_the_form(curators_client: Client, url: str) -> None:
    response = curators_client.post(ADD, {"url": url})
    assert response.status_code == 200
    assert response.context["form"].errors["url"]
    assert not Source.objects.exists()


def test_a_known_url_is_harvested_again(curators_client: Client) -> None:
    source = make_source(URL)
    response = curators_client.post(ADD, {"url": URL})
    assert response["Location"] == run_page(source.runs.get())


def test_harvesting_needs_the_permission(client_with: Callable[..., Client]) -> None:
    source = make_source()
    client = client_with("view_source", "change_source", "view_harvestrun")
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"url": URL}).status_code == 403
    again = reverse("admin:catalog_source_harvest", args=[source.pk])
    assert client.post(again).status_code == 403
    for action in ("harvest_again", "read_anew"):
        chosen = {"action": action, "_selected_action": [source.pk]}
        client.post("/admin/catalog/source/", chosen)
    assert not HarvestRun.objects.exists()
    page = client.get("/admin/catalog/source/").content.decode()
    assert "Harvest a manifest" not in page


def test_who_may_add_but_not_see_runs_is_told(client_with: Callable[..., Client]) -> None:
    response = client_with("add_source").post(ADD, {"url": URL})
    assert response["Location"] == "/admin/"
    assert HarvestRun.objects.count() == 1


def test_the_list_holds_the_form(curators_client: Client) -> None:
    page = curators_client.get("/admin/catalog/source/").content.decode()
    assert f'action="{ADD}"' in page
    assert 'name="url"' in page


def test_harvest_again_by_button_and_by_action(curators_client: Client) -> None:
    source, other = make_source(), make_source()
    again = reverse("admin:catalog_source_harvest", args=[source.pk])
    assert curators_client.get(again).status_code == 405
    assert curators_client.post(again)["Location"] == run_page(source.runs.get())
    chosen = {"action": "harvest_again", "_selected_action": [source.pk, other.pk]}
    response = curators_client.post("/admin/catalog/source/", chosen)
    assert response["Location"] == "/admin/catalog/harvestrun/"
    # A run that waits already is not queued a second time.
    assert (source.runs.count(), other.runs.count()) == (1, 1)


def test_everything_is_read_anew_by_button_and_by_action(curators_client: Client) -> None:
    source, other = make_source(), make_source()
    again = reverse("admin:catalog_source_harvest", args=[source.pk])
    page = reverse("admin:catalog_source_change", args=[source.pk])
    assert "Read everything anew" in curators_client.get(page).content.decode()
    curators_client.post(again, {"full": "yes"})
    chosen = {"action": "read_anew", "_selected_action": [other.pk]}
    curators_client.post("/admin/catalog/source/", chosen)
    assert source.runs.get().full and other.runs.get().full
    plain = make_source()
    curators_client.post(reverse("admin:catalog_source_harvest", args=[plain.pk]))
    assert not plain.runs.get().full
    # One that is under way goes on as it is.
    again = reverse("admin:catalog_source_harvest", args=[plain.pk])
    (message,) = curators_client.post(again, {"full": "yes"}, follow=True).context["messages"]
    assert "under way already" in str(message)
    assert not plain.runs.get().full


def test_the_form_says_what_may_be_given(curators_client: Client) -> None:
    page = curators_client.get(ADD).content.decode()
    assert "change stream" in page


def page_of(source: Source) -> str:
    return reverse("admin:catalog_source_change", args=[source.pk])


def test_a_source_has_a_schedule(curators_client: Client) -> None:
    source, new = make_source(), make_source()
    ended = timezone.now() - timedelta(hours=3)
    HarvestRun.objects.create(source=source, state="done", finished_at=ended)
    for each in (source, new):
        curators_client.post(page_of(each), {"every": "day"})
        each.refresh_from_db()
        assert each.every == "day"
    assert source.next_at == ended + timedelta(days=1)
    assert new.next_at is None  # at once
    assert "within a minute" in curators_client.get(page_of(new)).content.decode()
    curators_client.post(page_of(source), {"every": ""})
    source.refresh_from_db()
    assert (source.every, source.next_at) == ("", None)
    response = curators_client.post(page_of(source), {"every": "sometimes"})
    assert response.context["errors"]


def test_what_a_harvest_writes_meanwhile_is_not_written_over(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source()
    stale = Source.objects.get(pk=source.pk)
    Source.objects.update(label="As harvested", kind="stream")
    get = "catalog.admin.sources.SourceAdmin.get_object"
    monkeypatch.setattr(get, lambda *a, **k: stale)
    curators_client.post(page_of(source), {"every": "week"})
    source.refresh_from_db()
    assert (source.label, source.kind, source.every) == ("As harvested", "stream", "week")


def test_a_stream_says_how_far_it_was_read(curators_client: Client) -> None:
    stream, plain = make_source(), make_source()
    Source.objects.filter(pk=stream.pk).update(kind="stream", read_to=timezone.now())
    assert "Read to" in curators_client.get(page_of(stream)).content.decode()
    assert "Read to" not in curators_client.get(page_of(plain)).content.decode()


def test_only_its_schedule_is_changed_and_nothing_is_deleted(
    curators_client: Client, client_with: Callable[..., Client]
) -> None:
    source = make_source(URL)
    curators_client.post(page_of(source), {"url": "https://example.org/other", "label": "Other"})
    source.refresh_from_db()
    assert (source.url, source.label) == (URL, "")
    delete = reverse("admin:catalog_source_delete", args=[source.pk])
    assert curators_client.post(delete, {"post": "yes"}).status_code == 403
    client = client_with("view_source", "add_source", "delete_source")
    assert client.post(page_of(source), {"every": "day"}).status_code == 403
    assert client.get(page_of(source)).status_code == 200
    assert client_with("change_source").post(page_of(source), {"every": "day"}).status_code == 302
    source.refresh_from_db()
    assert source.every == "day"


# -- keeping pictures, or not --------------------------------------------------------------------


def make_pictures(source: Source) -> dict[str, Canvas]:
    """Canvases of the source: kept and looked at, kept only, waiting, failed."""
    manifest = make_manifest(source=source)
    made = {
        name: make_canvas(manifest, picture=name in ("seen", "kept"), home=manifest)
        for name in ("seen", "kept", "waiting", "failed")
    }
    rows = Picture.objects
    rows.filter(canvas=made["seen"]).update(read_at=timezone.now())
    for name in ("waiting", "failed"):
        rows.update_or_create(canvas=made[name], defaults={"revision": 1, "outcome": name})
    return made


def outcomes(made: dict[str, Canvas]) -> dict[str, str]:
    found = Picture.objects.in_bulk([canvas.pk for canvas in made.values()])
    return {name: found[canvas.pk].outcome for name, canvas in made.items()}


def test_kept_pictures_are_dropped_when_a_source_forbids_them(curators_client: Client) -> None:
    source, other = make_source(), make_source()
    made, others = make_pictures(source), make_pictures(other)
    before = outcomes(others)
    page = reverse("admin:catalog_source_pictures", args=[source.pk])
    assert page in curators_client.get(page_of(source)).content.decode()
    asked = curators_client.get(page)
    assert asked.context["count"] == "2"
    source.refresh_from_db()
    assert source.keep_pictures
    curators_client.post(page, {"keep": "no"})
    source.refresh_from_db()
    assert not source.keep_pictures
    assert outcomes(made) == {
        "seen": "looked-at",
        "kept": "waiting",
        "waiting": "waiting",
        "failed": "failed",
    }
    of_it = Picture.objects.filter(canvas__in=made.values())
    assert not of_it.filter(may_keep=True).exists()
    assert not of_it.exclude(sha256="").exists()
    assert of_it.get(canvas=made["seen"]).read_at is not None
    assert outcomes(others) == before
    assert Picture.objects.filter(canvas__in=others.values(), may_keep=True).count() == 4
    curators_client.post(page, {"keep": "yes"})
    source.refresh_from_db()
    assert source.keep_pictures
    assert of_it.filter(may_keep=True).count() == 4


def test_services_tell_how_many(curators_client: Client) -> None:
    source = make_source()
    make_pictures(source)
    assert wanted.forbid_pictures(source) == 2
    assert wanted.forbid_pictures(source) == 0
    assert wanted.allow_pictures(source) == 4
    assert wanted.allow_pictures(source) == 0


def test_keeping_pictures_needs_the_permission(client_with: Callable[..., Client]) -> None:
    source = make_source()
    page = reverse("admin:catalog_source_pictures", args=[source.pk])
    client = client_with("view_source", "add_source", "change_picture")
    assert client.get(page).status_code == client.post(page, {"keep": "no"}).status_code == 403
    assert page not in client.get(page_of(source)).content.decode()
    source.refresh_from_db()
    assert source.keep_pictures
    client_with("change_source").post(page, {"keep": "no"})
    source.refresh_from_db()
    assert not source.keep_pictures
