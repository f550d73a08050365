"""Suggestions over REST: for those who may write comments."""

from __future__ import annotations

from django.test import Client

from iiifsearch.index.guesses import find_guesses
from iiifsearch.models import Batch, CanvasVector, TagGuess
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.engine.test_suggest import say
from tests.people import signed_in

URL = "/api/suggestions/"
DECISIONS = "/api/suggestions/decisions/"


def test_comments_and_tags(library: Library, anything: None) -> None:
    for name in ("letter", "tsuki"):
        say(library, name, "Style", "Impressionism")
    client = signed_in("add_comment")
    key = library.canvas("boats").key
    answer = client.get(URL, {"canvas": key, "limit": 2})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert len(body["comments"]) == 2
    assert set(body["comments"][0]) == {"similarity", "comment", "language", "key", "title"}
    (style,) = (tag for tag in body["tags"] if tag["kind"] == "Style")
    assert style["text"] == "Impressionism" and not style["borne"]
    assert set(style["vouchers"]) == {library.canvas(name).key for name in ("letter", "tsuki")}


def test_not_for_everybody(library: Library) -> None:
    asked = {"canvas": library.canvas("boats").key}
    assert Client().get(URL, asked).status_code == 403
    answer = signed_in("view_comment").get(URL, asked)
    assert answer.status_code == 403 and "catalog.add_comment" in answer.content.decode()


def test_what_cannot_be_answered_is_told(library: Library) -> None:
    client = signed_in("add_comment")
    assert client.get(URL, {"canvas": "nobody"}).status_code == 404
    assert client.get(URL).status_code == 404
    key = library.canvas("boats").key
    assert client.get(URL, {"canvas": key, "limit": "x"}).status_code == 400
    CanvasVector.objects.all().delete()
    answer = client.get(URL, {"canvas": key})
    assert answer.status_code == 409 and "manage.py index" in answer.content.decode()


def guess(library: Library) -> TagGuess:
    for name in ("letter", "jardin", "tsuki"):
        say(library, name, "Style", "Impressionism")
    find_guesses()
    return TagGuess.objects.get(canvas=library.canvas("boats"))


def test_guesses_are_decided(library: Library, anything: None) -> None:
    row = guess(library)
    client = signed_in("add_comment", "change_tagguess")
    asked = {"canvas": row.canvas.key}
    (style,) = client.get(URL, asked).json()["tags"]
    assert (style["id"], style["decision"], style["borne"]) == (row.pk, "", False)
    sent = {"guesses": [row.pk, 10**12], "decision": "right"}
    answer = client.post(DECISIONS, sent, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"decided": 1, "already": 1, "batch": Batch.objects.get().pk}
    (style,) = client.get(URL, asked).json()["tags"]
    assert (style["decision"], style["borne"]) == ("right", True)
    client.post(DECISIONS, {**sent, "decision": "open"}, content_type="application/json")
    row.refresh_from_db()
    assert row.decision == ""


def test_doubtful_ones_are_told(library: Library, anything: None) -> None:
    row = guess(library)
    row.kind, row.decision = "doubtful", "right"
    row.save()
    body = signed_in("add_comment").get(URL, {"canvas": row.canvas.key}).json()
    told = {"id": row.pk, "kind": "Style", "text": "Impressionism", "decision": "right"}
    assert body["doubtful"] == [{**told, "relevance": 1.0}]


def test_who_may_not_decide_and_what_is_no_decision(library: Library) -> None:
    row = guess(library)
    sent = {"guesses": [row.pk], "decision": "right"}
    assert Client().post(DECISIONS, sent, content_type="application/json").status_code == 403
    answer = signed_in("add_comment").post(DECISIONS, sent, content_type="application/json")
    assert answer.status_code == 403 and "change_tagguess" in answer.content.decode()
    client = signed_in("change_tagguess")
    for odd in (
        {"decision": "perhaps"},
        {"guesses": []},
        {"guesses": "x"},
        {"guesses": [0]},
        {"guesses": [10**30]},
        {"guesses": list(range(1, 1002))},
    ):
        answer = client.post(DECISIONS, {**sent, **odd}, content_type="application/json")
        assert answer.status_code == 400, odd
    assert client.get(DECISIONS).status_code == 405
    assert not TagGuess.objects.exclude(decision="").exists()
