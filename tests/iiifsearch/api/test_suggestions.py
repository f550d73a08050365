"""Suggestions over REST: for those who may write comments."""

from __future__ import annotations

from django.test import Client

from iiifsearch.models import CanvasVector
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.engine.test_suggest import say
from tests.people import signed_in

URL = "/api/suggestions/"


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
