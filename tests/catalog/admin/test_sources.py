"""Handing in a URL: one service is called, and the run is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import HarvestRun, Source
from tests.catalog.admin.conftest import make_source

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
    monkeypatch.setattr("catalog.tasks.harvest.defer", lambda **given: queued.append(given))
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
    chosen = {"action": "harvest_again", "_selected_action": [source.pk]}
    client.post("/admin/catalog/source/", chosen)
    assert not HarvestRun.objects.exists()
    page = client.get("/admin/catalog/source/").content.decode()
    assert "Harvest a manifest or collection" not in page


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


def test_a_source_is_neither_changed_nor_deleted(curators_client: Client) -> None:
    source = make_source()
    page = reverse("admin:catalog_source_change", args=[source.pk])
    assert curators_client.post(page, {"url": "https://example.org/other"}).status_code == 403
    delete = reverse("admin:catalog_source_delete", args=[source.pk])
    assert curators_client.post(delete, {"post": "yes"}).status_code == 403
    assert curators_client.get(page).status_code == 200
