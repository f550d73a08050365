"""One pair and the next: the page that a curator decides on, groups, and pairs by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, Manifest
from iiifsearch.decisions import pairs
from iiifsearch.models import Batch, Duplicate
from tests.iiifsearch.admin.test_duplicates import (
    LIST,
    make_canvas,
    make_pair,
    page_of,
    thumbnail,
    undo_of,
)
from tests.people import signed_in

REVIEW, GROUPS, ADD = f"{LIST}review/", f"{LIST}groups/", f"{LIST}add/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


@pytest.fixture
def curator(client_with: Callable[..., Client]) -> Client:
    return client_with("change_duplicate", "add_duplicate", "view_canvas")


def body(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def decide(client: Client, row: Duplicate, **sent: Any) -> Any:
    return client.post(page_of(row), {"was": "", "note": "", **sent})


# -- the page of a pair -------------------------------------------------------------------------


def test_after_a_verdict_the_next_pair_comes(curator: Client) -> None:
    rows = [make_pair(str(number)) for number in range(3)]
    assert curator.get(REVIEW)["Location"] == page_of(rows[0])
    assert "3 left to decide" in body(curator, page_of(rows[1]))
    sent = curator.post(
        page_of(rows[1]), {"was": "", "verdict": "copy", "note": "in reverse"}, follow=True
    )
    assert sent.redirect_chain[-1] == (page_of(rows[2]), 302)
    page = sent.content.decode()
    assert "1 pair decided: a copy." in page and "2 left to decide" in page
    rows[1].refresh_from_db()
    assert (rows[1].decision, rows[1].note) == ("copy", "in reverse")
    assert LogEntry.objects.get().object_id == str(rows[1].pk)
    # After the last one the first comes, and after all of them the list.
    assert decide(curator, rows[2], verdict="detail")["Location"].endswith(f"?after={rows[2].pk}")
    assert curator.get(f"{REVIEW}?after={rows[2].pk}")["Location"] == page_of(rows[0])
    assert curator.get(f"{REVIEW}?after={rows[0].pk}")["Location"] == page_of(rows[0])
    done = curator.post(page_of(rows[0]), {"was": "", "verdict": "unrelated"}, follow=True)
    assert "Every pair is decided." in done.content.decode()


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "²", "%00"])
def test_the_queue_begins_anew_for_nonsense(after: str, curator: Client) -> None:
    row = make_pair()
    assert curator.get(f"{REVIEW}?after={after}")["Location"] == page_of(row)


def test_what_the_page_shows(curator: Client) -> None:
    row = make_pair(mirrored=True, decision="copy", note="<i>after</i> Ridolfi")
    Canvas.objects.filter(pk=row.second_id).update(date_text="1712", title="<b>")
    Canvas.objects.filter(pk=row.first_id).update(date_text="1713")
    page = body(curator, page_of(row))
    for text in ("&lt;b&gt;", "&lt;i&gt;after&lt;/i&gt; Ridolfi", "mirrored", "1712", "1713"):
        assert text in page
    assert page.count('class="differs"') == 2  # title and date, and not the maker
    assert 'aria-keyshortcuts="5"' in page and 'value="open"' in page
    assert "data-matrix" in page and f"{LIST}{row.pk}/inliers.json" in page


def test_facts_come_from_both_records(curator: Client) -> None:
    row = make_pair()
    home = Manifest.objects.create(
        key="m1",
        uri="urn:m1",
        url="https://museum.example/m1",
        version=3,
        title="Boats in the harbour",
        raw={},
        harvested_at=row.found_at,
        rights="http://creativecommons.org/publicdomain/zero/1.0/",
        metadata=[{"label": {"en": ["Dimensions"]}, "value": {"en": ["30 × 40 cm"]}}],
    )
    Canvas.objects.filter(pk=row.first_id).update(home=home)
    page = body(curator, page_of(row))
    for text in ("30 × 40 cm", "museum.example", "publicdomain/zero"):
        assert text in page


def test_what_somebody_decided_meanwhile_is_not_overwritten(curator: Client) -> None:
    row = make_pair()
    ben = User.objects.create_user("ben")
    pairs.decide([row.pk], "unrelated", by=ben)
    answer = decide(curator, row, verdict="copy", note="my own thoughts")
    page = answer.content.decode()
    assert answer.status_code == 409 and "Somebody decided on this pair meanwhile" in page
    assert "my own thoughts" in page and "ben" in page
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("unrelated", ben)


@pytest.mark.parametrize(
    "sent", [{}, {"verdict": "perhaps"}, {"verdict": "copy", "note": "x" * 2001}]
)
def test_nonsense_loses_nothing(sent: dict[str, str], curator: Client) -> None:
    row = make_pair()
    answer = decide(curator, row, **{"note": "my own thoughts", **sent})
    assert answer.status_code == 400
    assert sent.get("note", "my own thoughts") in answer.content.decode()
    assert decide(curator, row, verdict="copy", note="a\0b").status_code == 400
    row.refresh_from_db()
    assert row.decision == "" and row.note == ""


def test_a_pair_that_is_gone(curator: Client) -> None:
    row = make_pair()
    url = page_of(row)
    row.delete()
    assert "This pair is there no more." in curator.get(url, follow=True).content.decode()
    sent = curator.post(url, {"was": "", "verdict": "copy"}, follow=True)
    assert "This pair is there no more." in sent.content.decode()
    for odd in ("x", "9" * 40):
        assert curator.get(f"{LIST}{odd}/change/").status_code == 302


def test_undoing_leads_back(curator: Client, client_with: Callable[..., Client]) -> None:
    row = make_pair()
    decide(curator, row, verdict="copy")
    page = body(curator, page_of(row))
    assert "Your last decision: 1 pair decided: a copy." in page
    batch = Batch.objects.first()
    other = client_with("change_duplicate").post(undo_of(batch), {"next": LIST}, follow=True)
    assert "not yours to undo" in other.content.decode()
    assert curator.get(undo_of(batch)).status_code == 405
    sent = curator.post(undo_of(batch), {"next": page_of(row)})
    assert sent["Location"] == page_of(row)
    row.refresh_from_db()
    assert row.decision == ""
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        again = curator.post(undo_of(batch), {"next": elsewhere})
        assert again["Location"] == "/admin/"


def test_undoing_needs_the_permission_still(curator: Client) -> None:
    row = make_pair()
    decide(curator, row, verdict="copy")
    User.objects.get().user_permissions.clear()
    assert curator.post(undo_of(Batch.objects.first()), {"next": LIST}).status_code == 403
    row.refresh_from_db()
    assert row.decision == "copy"


def test_forged_requests_are_refused(curator: Client) -> None:
    row = make_pair()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    for url in (page_of(row), GROUPS, ADD, "/admin/decisions/1/undo/"):
        assert strict.post(url, {"verdict": "copy"}).status_code == 403


def test_the_pages_are_for_curators(client_with: Callable[..., Client]) -> None:
    row = make_pair()
    inliers = f"{LIST}{row.pk}/inliers.json"
    for url in (REVIEW, GROUPS, inliers):
        assert client_with("view_canvas").get(url).status_code == 403
        assert Client().get(url)["Location"].startswith("/admin/login/")
    viewer = client_with("view_duplicate")
    assert viewer.get(inliers).status_code == 403  # it tells of pictures
    groups = body(viewer, GROUPS)
    assert "Boats, again" in groups and thumbnail(row.first) not in groups
    assert 'name="verdict"' not in groups
    sent = {"pairs": str(row.pk), "verdict": "copy"}
    assert viewer.post(GROUPS, sent).status_code == 403
    row.refresh_from_db()
    assert row.decision == ""


# -- what agrees --------------------------------------------------------------------------------


def test_why_no_places_are_drawn(curator: Client) -> None:
    row = make_pair()
    told = curator.get(f"{LIST}{row.pk}/inliers.json").json()
    assert told["lines"] == [] and told["matrix"] is None
    assert "No points are kept of Boats / Boats, again" in told["message"]
    assert curator.get(f"{LIST}987654/inliers.json").status_code == 404
    assert curator.get(f"{LIST}{'9' * 40}/inliers.json").status_code == 404


# -- groups -------------------------------------------------------------------------------------


def test_a_group_is_decided_at_once_and_undone(curator: Client) -> None:
    row = make_pair()
    third = make_canvas("A third")
    said = {"similarity": 0.7, "inliers": None, "probability": None}
    more = Duplicate.objects.create(first=row.second, second=third, **said)
    decided = Duplicate.objects.create(first=row.first, second=third, decision="detail", **said)
    make_pair("Letter", decision="copy")
    page = body(curator, GROUPS)
    assert "3 canvases" in page and "2 pairs to decide on" in page and "a detail: 1" in page
    assert f'value="{row.pk},{more.pk}"' in page and "Letter" not in page
    assert thumbnail(third) in page
    assert "Letter" in body(curator, f"{GROUPS}?show=all")
    here = f"{GROUPS}?show=all"
    sent = {"pairs": f"{row.pk},{more.pk}", "verdict": "same-work", "next": here}
    assert curator.post(GROUPS, sent)["Location"] == here
    decisions = [r.decision for r in Duplicate.objects.order_by("pk")]
    assert decisions == ["same-work", "same-work", "detail", "copy"]
    assert "Nothing is left to decide on." in body(curator, GROUPS)
    curator.post(undo_of(Batch.objects.first()), {"next": GROUPS})
    assert decided.pk and pairs.left() == 2


def test_what_was_decided_meanwhile_keeps_its_verdict(curator: Client) -> None:
    row, other = make_pair(), make_pair("Letter")
    pairs.decide([row.pk], "unrelated", by=User.objects.create_user("ben"))
    sent = {"pairs": f"{row.pk},{other.pk}", "verdict": "copy", "next": GROUPS}
    told = curator.post(GROUPS, sent, follow=True).content.decode()
    assert "1 pair decided: a copy." in told and "1 of them stay as they are" in told
    assert [r.decision for r in Duplicate.objects.order_by("pk")] == ["unrelated", "copy"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"pairs": "", "verdict": "copy"},
        {"pairs": "x", "verdict": "copy"},
        {"pairs": "1,²", "verdict": "copy"},
        {"pairs": "9" * 40, "verdict": "copy"},
        {"pairs": "987654", "verdict": "copy"},
        {"pairs": "1\0", "verdict": "copy"},
        {"pairs": "1", "verdict": "perhaps"},
        {"pairs": "1", "verdict": ""},
    ],
)
def test_a_group_that_cannot_be_decided(sent: dict[str, str], curator: Client) -> None:
    told = curator.post(GROUPS, {**sent, "next": GROUPS}, follow=True)
    assert "Nothing was decided" in told.content.decode()
    assert not Batch.objects.exists()


def test_queries_of_the_pages_do_not_grow(curator: Client) -> None:
    def count(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            body(curator, url)
        return len(captured)

    row = make_pair()
    page = page_of(row)
    count(GROUPS)
    before = count(GROUPS), count(page)
    for number in range(4):
        make_pair(str(number))
    assert (count(GROUPS), count(page)) == before


def test_groups_come_page_by_page(curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iiifsearch.admin.pair_views.GROUPS", 1)
    make_pair("Boats"), make_pair("Letter")
    assert "Letter" not in body(curator, GROUPS)
    assert "Letter" in body(curator, f"{GROUPS}?page=2")
    assert "Page 1 of 2" in body(curator, f"{GROUPS}?page=nonsense%00")
    monkeypatch.setattr("iiifsearch.index.duplicates.MOST_PAIRS", 1)
    assert "Only the first 1 pairs were joined" in body(curator, GROUPS)


# -- by hand ------------------------------------------------------------------------------------


def test_a_pair_that_the_machine_missed(curator: Client) -> None:
    one, other = make_canvas("Boats"), make_canvas("Boats in reverse")
    sent = {"one": one.key, "other": str(other.pk), "verdict": "copy", "note": "x"}
    told = curator.post(ADD, sent, follow=True).content.decode()
    assert "1 pair decided: a copy." in told and "not measured" in told
    row = Duplicate.objects.get()
    assert (row.first, row.second, row.measured) == (one, other, False)
    assert "Nobody measured this pair" in body(curator, page_of(row))
    again = curator.post(ADD, {**sent, "one": other.raw_id, "other": one.uri})
    assert again["Location"] == page_of(row)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"one": "nobody"}, "No canvas is called so here"),
        ({"one": "9" * 40}, "No canvas is called so here"),
        ({"one": "http://["}, "No canvas is called so here"),
        ({"one": "a\0"}, "Null characters are not allowed"),
        ({"one": "canvas1"}, "Both are the same canvas"),
        ({"one": ""}, "This field is required"),
        ({"verdict": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_added(change: dict[str, str], told: str, curator: Client) -> None:
    make_canvas("Boats"), make_canvas("Boats in reverse")
    sent = {"one": "canvas0", "other": "canvas1", "verdict": "copy", "note": "my own thoughts"}
    answer = curator.post(ADD, {**sent, **change})
    page = answer.content.decode()
    assert answer.status_code == 200 and told in page and "my own thoughts" in page
    assert not Duplicate.objects.exists()


def test_adding_needs_both_permissions(client_with: Callable[..., Client]) -> None:
    for names in (("add_duplicate",), ("change_duplicate",), ("view_duplicate",)):
        client = client_with(*names)
        assert client.get(ADD).status_code == 403
        assert client.post(ADD, {"one": "canvas0", "other": "canvas1"}).status_code == 403
