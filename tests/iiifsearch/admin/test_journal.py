"""The journal: who changed what, found again by person, kind, date and id."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import journal
from catalog.models import Collection
from iiifsearch.admin.journal import PAGE as LINES
from tests.catalog.admin.conftest import make_collection, make_manifest
from tests.people import signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/journal/"


@pytest.fixture
def marta() -> User:
    return User.objects.create_user("marta")


def lines(client: Any, **asked: str) -> list[str]:
    context = client.get(PAGE, asked).context
    return [line.said for line in context["lines"]]


def test_what_was_done_by_whom_to_what(marta: User) -> None:
    collection = make_collection("Boats")
    journal.note(marta, collection, "Published.")
    journal.note(marta, collection, "Deleted for good.", flag=journal.DELETED)
    client = signed_in("view_logentry", "view_collection", staff=True)
    response = client.get(PAGE)
    deleted, changed = response.context["lines"]
    assert changed.url == f"/admin/catalog/collection/{collection.pk}/change/"
    assert (changed.said, changed.kind, changed.named) == ("Published.", "collection", "Boats")
    assert (deleted.url, deleted.what) == ("", "deleted")
    page = response.content.decode()
    assert "marta" in page and f'href="{changed.url}"' in page


def test_it_is_sieved(marta: User) -> None:
    one, other = make_collection("Boats"), make_collection("Bridges")
    manifest = make_manifest()
    jan = User.objects.create_user("jan")
    journal.note(marta, one, "one")
    journal.note(jan, other, "other")
    journal.note(jan, manifest, "manifest")
    LogEntry.objects.filter(change_message="one").update(
        action_time=timezone.now() - timedelta(days=10)
    )
    client = signed_in("view_logentry", staff=True)
    day = (timezone.localdate() - timedelta(days=5)).isoformat()
    assert lines(client) == ["manifest", "other", "one"]
    assert lines(client, person="marta") == ["one"]
    assert lines(client, kind="catalog.manifest") == ["manifest"]
    assert lines(client, kind="catalog.collection", number=str(other.pk)) == ["other"]
    assert lines(client, since=day) == ["manifest", "other"]
    assert lines(client, until=day) == ["one"]


def test_it_is_read_page_by_page(marta: User) -> None:
    collection = make_collection("Boats")
    for number in range(LINES + 7):
        journal.note(marta, collection, f"no. {number}")
    client = signed_in("view_logentry", staff=True)
    first = client.get(PAGE, {"person": "marta"})
    older = first.context["older"]
    assert len(first.context["lines"]) == LINES and "person=marta" in older
    second = client.get(f"{PAGE}{older}")
    assert [line.said for line in second.context["lines"]] == [
        f"no. {number}" for number in reversed(range(7))
    ]
    assert second.context["older"] == "" and second.context["newest"] == "?person=marta"


def test_queries_do_not_grow(marta: User) -> None:
    client = signed_in("view_logentry", staff=True)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    journal.note(marta, make_collection("Boats"), "one")
    count()
    before = count()
    for number in range(30):
        journal.note(User.objects.create_user(f"no{number}"), make_manifest(), "more")
    assert count() == before <= 6


@pytest.mark.parametrize(
    "asked",
    [
        {"before": "nonsense"},
        {"before": "9" * 40},
        {"kind": "auth.nothing"},
        {"since": "yesterday"},
        {"person": "a\0b"},
        {"number": "x" * 500},
        {"until": "9999-12-31"},
    ],
)
def test_nonsense_is_told(asked: dict[str, str], marta: User) -> None:
    client = signed_in("view_logentry", staff=True)
    assert client.get(PAGE, asked).status_code == 200


def test_what_was_said_is_escaped(marta: User) -> None:
    journal.note(marta, make_collection("<b>Boats</b>"), "<script>alert(1)</script>")
    page = signed_in("view_logentry", staff=True).get(PAGE).content.decode()
    assert "<script>alert" not in page and "<b>Boats" not in page


def test_it_takes_the_permission() -> None:
    assert signed_in("view_canvas", staff=True).get(PAGE).status_code == 403
    assert signed_in("view_logentry").get(PAGE)["Location"].startswith("/admin/login/")
    assert signed_in("view_logentry", staff=True).post(PAGE).status_code == 405


def test_a_withdrawal_by_command_is_in_it(marta: User) -> None:
    first, second = make_manifest(), make_manifest()
    said = {"reason": "The heirs asked.", "yes": True, "verbosity": 0}
    call_command("withdraw", first.key, by="marta", **said)
    call_command("withdraw", second.key, **said)
    who = dict(LogEntry.objects.values_list("object_id", "user__username"))
    assert who == {str(first.pk): "marta", str(second.pk): "command-line"}
    assert not Collection.objects.exists()
