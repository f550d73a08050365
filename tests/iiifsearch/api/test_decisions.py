"""Verdicts over REST: for who may decide; undone by who decided."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from iiifsearch.models import Batch, Duplicate
from tests.iiifsearch.decisions.test_pairs import pair
from tests.people import signed_in

DECISIONS = "/api/duplicates/decisions/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> Client:
    return signed_in("change_duplicate")


def send(client: Client, url: str = DECISIONS, **sent: Any) -> Any:
    return client.post(url, sent, content_type="application/json")


def test_decided_and_undone(curator: Client) -> None:
    rows = [pair(0), pair(1)]
    pks = [row.pk for row in rows]
    answer = send(curator, pairs=pks, verdict="copy", note="after Ridolfi")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["decided"] == 2 and told["batch"]["said"] == "2 pairs decided: a copy."
    assert {(r.decision, r.note) for r in Duplicate.objects.all()} == {("copy", "after Ridolfi")}
    assert send(curator, pairs=pks, verdict="copy").json() == {"decided": 0, "batch": None}
    undo = f"/api/decisions/{told['batch']['id']}/undo/"
    assert send(signed_in("change_duplicate"), undo).status_code == 409
    undone = send(curator, undo)
    assert undone.status_code == 200 and undone.json()["restored"] == 2
    assert {row.decision for row in Duplicate.objects.all()} == {""}
    assert send(curator, undo).status_code == 409
    send(curator, pairs=pks[:1], verdict="detail")
    assert send(curator, pairs=pks, verdict="open").json()["decided"] == 1


def test_it_is_for_who_may_decide(curator: Client) -> None:
    row = pair()
    sent = {"pairs": [row.pk], "verdict": "copy"}
    assert send(Client(), **sent).status_code in (401, 403)
    refused = send(signed_in("view_duplicate"), **sent)
    assert refused.status_code == 403 and "change_duplicate" in refused.json()["detail"]
    assert curator.get(DECISIONS).status_code == 405
    assert Duplicate.objects.get().decision == ""


def test_who_may_decide_no_more_undoes_nothing(curator: Client) -> None:
    made = send(curator, pairs=[pair().pk], verdict="copy").json()["batch"]["id"]
    user = User.objects.get(pk=Batch.objects.get().by_id)
    user.user_permissions.remove(Permission.objects.get(codename="change_duplicate"))
    undo = f"/api/decisions/{made}/undo/"
    refused = send(curator, undo)
    assert refused.status_code == 403 and "change_duplicate" in refused.json()["detail"]
    assert send(Client(), undo).status_code in (401, 403)
    assert curator.get(undo).status_code == 405
    assert Duplicate.objects.get().decision == "copy"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pairs": []}, 400),
        ({"pairs": "1"}, 400),
        ({"pairs": ["x"]}, 400),
        ({"pairs": [-1]}, 400),
        ({"pairs": [10**30]}, 400),
        ({"pairs": [987_654_321]}, 404),
        ({"pairs": list(range(1, 1002))}, 400),
        ({"verdict": "perhaps"}, 400),
        ({"verdict": ""}, 400),
        ({"verdict": None}, 400),
        ({"note": "\0"}, 400),
        ({"note": "x" * 2001}, 400),
    ],
)
def test_nonsense(curator: Client, change: dict[str, Any], status: int) -> None:
    row = pair()
    answer = send(curator, **{"pairs": [row.pk], "verdict": "copy", **change})
    assert answer.status_code == status, answer.content
    assert Duplicate.objects.get().decision == ""


def test_what_was_never_decided_is_not_undone(curator: Client) -> None:
    assert send(curator, f"/api/decisions/{10**30}/undo/").status_code == 409
