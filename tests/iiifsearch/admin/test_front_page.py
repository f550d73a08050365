"""The admin's front page: what needs whom, what is under way, the room it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import HarvestItem, HarvestRun
from iiifsearch.admin import needs
from iiifsearch.index import ann
from iiifsearch.models import Duplicate
from tests.catalog.admin.conftest import make_source
from tests.iiifsearch.admin.test_index_state import make_canvases, make_picture
from tests.people import signed_in

pytestmark = pytest.mark.django_db

ALL = ("change_duplicate", "change_picture", "change_harvestrun", "change_seen", "change_tagguess")


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    cache.clear()
    return partial(signed_in, staff=True)


def make_pairs(count: int) -> None:
    canvases = make_canvases(count + 1)
    said = {"similarity": 0.9, "inliers": 40, "probability": 0.99}
    for one, other in pairwise(canvases):
        Duplicate.objects.create(first=one, second=other, **said)


def text_of(client: Client) -> str:
    return client.get("/admin/").content.decode()


def test_each_sees_what_they_can_do_something_about(client_with: Callable[..., Client]) -> None:
    make_pairs(2)
    make_picture("failed")
    run = HarvestRun.objects.create(source=make_source(), state="done")
    HarvestItem.objects.create(run=run, url="https://example.org/1", outcome="failed")
    curators, harvesters = (
        text_of(client_with("change_duplicate")),
        text_of(client_with("change_picture", "change_harvestrun")),
    )
    assert "<strong>2</strong> pairs to decide on" in curators
    assert "could not be fetched" not in curators
    assert "<strong>1</strong> pictures could not be fetched" in harvesters
    assert "<strong>1</strong> URLs failed in the latest harvests" in harvesters
    assert "pairs to decide" not in harvesters
    assert "What needs you" not in text_of(client_with("view_canvas"))


def test_it_counts_no_further_than_it_must(
    client_with: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "MOST", 3)
    make_pairs(5)
    assert "<strong>more than 3</strong> pairs" in text_of(client_with("change_duplicate"))


def test_harvests_under_way_have_bars(client_with: Callable[..., Client]) -> None:
    HarvestRun.objects.create(
        source=make_source(), state="running", found=8, created=6, started_at=timezone.now()
    )
    page = text_of(client_with("view_harvestrun"))
    assert '<progress max="8" value="6"' in page and 'data-watching="true"' in page
    HarvestRun.objects.update(state="done")
    page = text_of(client_with("view_harvestrun"))
    assert "<progress" not in page and 'data-watching="false"' in page


def test_the_index_and_the_room_it_takes(
    client_with: Callable[..., Client], settings: Any, tmp_path: Any
) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "not" / "yet"}
    make_picture("kept", size=3 * 2**20)
    index = ann.live_indexes()[0]
    ann.build(index)
    page = text_of(client_with("view_seen"))
    assert f"1 of {len(ann.live_indexes())} indexes of vectors are built" in page
    assert index.name not in page and ann.live_indexes()[1].name in page and "not built" in page
    assert "pictures: 3.0\xa0MB" in page and "free on the disk" in page
    assert "Database:" not in text_of(client_with("view_canvas"))


def test_queries_do_not_grow(client_with: Callable[..., Client]) -> None:
    client = client_with(*ALL)
    HarvestRun.objects.create(source=make_source(), state="running", found=3)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/")
        return len(captured)

    count()
    before = count()
    make_pairs(20)
    for number in range(10):
        make_picture("failed", kind=f"status-{number}")
        HarvestRun.objects.create(source=make_source(), state="running", found=3)
    assert count() == before <= 20
