"""The page of a run and the list of its items."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import HarvestItem, HarvestRun
from tests.catalog.admin.conftest import make_manifest, make_source

State = HarvestRun.State


def make_run(state: str = State.DONE, failed: int = 0, **values: object) -> HarvestRun:
    run = HarvestRun.objects.create(source=make_source(), state=state, failed=failed, **values)
    for number in range(failed):
        url = f"https://example.org/broken/{number}"
        reason = f"{url}: the server answered 404 Not Found"
        HarvestItem.objects.create(run=run, url=url, outcome="failed", reason=reason)
    return run


def page_of(run: HarvestRun) -> str:
    return reverse("admin:catalog_harvestrun_change", args=[run.pk])


def test_failures_are_grouped_by_reason_whatever_the_url(curators_client: Client) -> None:
    run = make_run(failed=4)
    HarvestItem.objects.create(
        run=run, url="https://example.org/x", outcome="failed", reason="It is no JSON."
    )
    make_run(failed=2)
    groups = curators_client.get(page_of(run)).context["failures"]
    assert [(count, why) for count, why, _ in groups] == [
        (4, "the server answered 404 Not Found"),
        (1, "It is no JSON."),
    ]


def test_warnings_are_grouped_by_kind(curators_client: Client) -> None:
    run = make_run()
    odd = {"code": "odd", "message": "Odd.", "path": "items[0]"}
    for count in (2, 1, 0):
        HarvestItem.objects.create(
            run=run, url=f"https://example.org/{count}", outcome="created", warnings=[odd] * count
        )
    (group,) = curators_client.get(page_of(run)).context["warnings"]
    assert (group["code"], group["count"], group["manifests"]) == ("odd", 3, 2)
    assert curators_client.get(group["url"]).context["cl"].result_count == 2


def test_the_page_refreshes_only_while_the_run_is_under_way(curators_client: Client) -> None:
    for state in State:
        page = curators_client.get(page_of(make_run(state))).content.decode()
        under_way = state in (State.QUEUED, State.RUNNING)
        assert ("harvest_run.js" in page) is under_way
        assert ("<progress" in page) is under_way


def test_a_run_that_nobody_does_says_so(curators_client: Client) -> None:
    run = make_run(State.QUEUED)
    assert "Is a worker running" not in curators_client.get(page_of(run)).content.decode()
    HarvestRun.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert "Is a worker running" in curators_client.get(page_of(run)).content.decode()


def test_a_run_is_only_looked_at(curators_client: Client) -> None:
    run = make_run()
    assert curators_client.post(page_of(run), {"state": "failed"}).status_code == 403
    assert curators_client.get("/admin/catalog/harvestrun/add/").status_code == 403


def test_items_are_filtered_by_run_outcome_and_url(curators_client: Client) -> None:
    run = make_run(failed=3)
    make_run(failed=2)
    HarvestItem.objects.create(run=run, url="https://example.org/good", outcome="created")

    def found(query: str) -> int:
        response = curators_client.get(f"/admin/catalog/harvestitem/?{query}")
        assert response.status_code == 200
        return response.context["cl"].result_count

    assert found("") == 6
    assert found(f"run={run.pk}") == 4
    assert found(f"run={run.pk}&outcome__exact=failed") == 3
    assert found("q=good") == 1
    assert found("run=nonsense") == 0


def test_hostile_urls_become_no_links(curators_client: Client) -> None:
    run = make_run()
    url = "javascript:alert(1)"
    item = HarvestItem.objects.create(run=run, url=url, outcome="failed", reason="Refused.")
    detail = reverse("admin:catalog_harvestitem_change", args=[item.pk])
    for page in (page_of(run), detail, "/admin/catalog/harvestitem/"):
        assert f'href="{url}' not in curators_client.get(page).content.decode()


def test_an_item_leads_to_its_manifest(curators_client: Client) -> None:
    manifest = make_manifest()
    item = HarvestItem.objects.create(run=make_run(), url=manifest.url, outcome="created")
    page = curators_client.get(reverse("admin:catalog_harvestitem_change", args=[item.pk]))
    assert reverse("admin:catalog_manifest_change", args=[manifest.pk]) in page.content.decode()
