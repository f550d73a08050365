"""Comments by REST: written, changed, deleted; who may; and what is published of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog import comment_values, withdrawal
from catalog.comment_values import CommentProblem
from catalog.models import Canvas, Comment
from iiifsearch import tokens
from iiifsearch.api.comment_reading import read
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest

API = "/api/comments/"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def canvas(db: None) -> Canvas:
    return make_canvas(make_manifest())


def user_with(*codenames: str) -> User:
    user = User.objects.create_user(f"user{User.objects.count()}", first_name="Marta")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def writer(db: None) -> Client:
    return client_of(user_with("add_comment"))


def send(client: Client, data: Any, method: str = "post", to: str = API, **more: Any) -> Any:
    kind = more.pop("content_type", "application/json")
    body = data if isinstance(data, bytes | str) else json.dumps(data)
    return getattr(client, method)(to, body, content_type=kind, **more)


def test_a_plain_comment_becomes_an_annotation(writer: Client, canvas: Canvas) -> None:
    said = {"canvas": canvas.key, "text": "Ein Hund", "language": "de", "motivation": "tagging"}
    answer = send(writer, said | {"rights": LICENCE, "xywh": "10,20,30,40"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    comment = Comment.objects.get(origin="curator")
    assert made["id"] == answer["Location"]
    assert made["id"].endswith(f"/iiif/annotation/{comment.key}")
    assert made["body"] == {
        "type": "TextualBody", "value": "Ein Hund", "format": "text/plain", "language": "de",
    }  # fmt: skip
    assert made["motivation"] == "tagging"
    assert made["rights"] == LICENCE
    assert made["creator"] == {"name": "Marta"}
    assert made["target"]["selector"]["value"] == "xywh=10,20,30,40"
    assert made["created"] == made["modified"]
    public = writer.get(f"/iiif/annotation/{comment.key}")
    assert public.json() == {key: value for key, value in made.items() if key != "partOf"}
    page = writer.get(f"/iiif/annotations/{canvas.key}").json()
    assert made["partOf"] == [{"id": page["id"], "type": "AnnotationPage"}]
    assert [item["id"] for item in page["items"]] == [made["id"]]
    old = writer.get(f"/iiif/annotation/{comment.key}", HTTP_ACCEPT="application/ld+json;"
        'profile="http://iiif.io/api/presentation/2/context.json"').json()  # fmt: skip
    assert old["license"] == LICENCE
    assert old["dcterms:modified"] == made["modified"]
    assert old["resource"]["language"] == "de"
    assert old["motivation"] == "oa:tagging"
    assert LogEntry.objects.count() == 1


def test_the_paintings_rights_where_a_comment_has_none(writer: Client, canvas: Canvas) -> None:
    Canvas.objects.update(rights="https://rights.example/painting")
    made = send(writer, {"canvas": canvas.uri, "text": "A dog"}).json()
    assert made["rights"] == "https://rights.example/painting"


W3C = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "type": "Annotation",
    "motivation": "describing",
    "creator": {"name": "Somebody else"},
    "rights": LICENCE,
}


@pytest.mark.parametrize(
    ("body", "target", "expected"),
    [
        (
            {"type": "TextualBody", "value": "<p>A <b>dog</b></p>", "format": "text/html"},
            {"source": "URI", "selector": {"type": "FragmentSelector", "value": "xywh=1,2,3,4"}},
            ("A dog", "<p>A <b>dog</b></p>", 1, 3),
        ),
        (
            {"type": "TextualBody", "value": "A dog", "language": "en"},
            "URI#xywh=percent:10,10,50,50",
            ("A dog", "", 100, 500),
        ),
        (
            [{"type": "TextualBody", "value": "A dog"}],
            {
                "type": "SpecificResource",
                "source": {"id": "URI", "type": "Canvas"},
                "selector": {
                    "type": "SvgSelector",
                    "value": "<svg xmlns='http://www.w3.org/2000/svg'>"
                    "<path d='M 10 10 L 50 10 L 50 50 z'/></svg>",
                },
            },
            ("A dog", "", 10, 40),
        ),
        ("A dog", "URI", ("A dog", "", None, None)),
    ],
)
def test_an_annotation_is_read(
    writer: Client, canvas: Canvas, body: Any, target: Any, expected: tuple[Any, ...]
) -> None:
    text = json.dumps({**W3C, "body": body, "target": target}).replace("URI", canvas.uri)
    answer = send(writer, text, content_type="application/ld+json")
    assert answer.status_code == 201, answer.content
    comment = Comment.objects.get(origin="curator")
    assert (comment.body, comment.html, comment.x, comment.w) == expected
    assert (comment.motivation, comment.rights, comment.creator) == ("describing", LICENCE, "Marta")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "detail"),
        ("text", "detail"),
        ({}, "canvas"),
        ({"canvas": "KEY"}, "text"),
        ({"canvas": "KEY", "text": ""}, "text"),
        ({"canvas": "KEY", "text": "a\0b"}, "text"),
        ({"canvas": "KEY", "text": "\ud800"}, "text"),
        ({"canvas": "KEY", "text": 7}, "text"),
        ({"canvas": "KEY", "text": "x", "motivation": "shouting"}, "motivation"),
        ({"canvas": "KEY", "text": "x", "language": "?"}, "language"),
        ({"canvas": "KEY", "text": "x", "rights": "CC BY"}, "rights"),
        ({"canvas": "KEY", "text": "x", "xywh": "1,2,3"}, "region"),
        ({"canvas": "KEY", "text": "x", "xywh": "0,0,9999999,5"}, "region"),
        ({"canvas": "KEY", "text": "x", "xywh": [0, 0, 1e300, 5]}, "region"),
        ({"canvas": "KEY", "text": "x", "state": "withdrawn"}, "state"),
        ({"canvas": "KEY", "text": "x", "colour": "red"}, "detail"),
        ({"canvas": {"id": "KEY"}, "text": "x"}, "canvas"),
        ({"type": "Annotation", "target": "URI"}, "text"),
        ({"type": "Annotation", "bodyValue": "x"}, "canvas"),
        ({"type": "Annotation", "bodyValue": "x", "target": ["URI", "URI#xywh=1,1,1,1"]}, "target"),
        ({"type": "Annotation", "bodyValue": "x", "target": "URI#xywh=nowhere"}, "target"),
        ({"type": "Annotation", "body": ["one", "two"], "target": "URI"}, "body"),
        ({"type": "Annotation", "body": {"type": "Image", "id": "x:y"}, "target": "URI"}, "body"),
        ({**W3C, "motivation": ["tagging", "linking"], "bodyValue": "x", "target": "URI"},
         "motivation"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(writer: Client, canvas: Canvas, data: Any, field: str) -> None:
    text = json.dumps(data).replace("URI", canvas.uri).replace("KEY", canvas.key)
    answer = send(writer, text)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [field] or field in answer.json()
    assert not Comment.objects.filter(origin="curator").exists()


@pytest.mark.parametrize("name", ["aaaaaaaaaaaaaaaa", "https://example.org/none", "x" * 9000])
def test_an_unknown_canvas_is_not_found(writer: Client, canvas: Canvas, name: str) -> None:
    assert send(writer, {"canvas": name, "text": "A dog"}).status_code == 404
    assert send(writer, {"canvas": f"{name}\0", "text": "A dog"}).status_code == 400


def test_nonsense_breaks_nothing(writer: Client, canvas: Canvas) -> None:
    for body in (b"\xff\xfe", b"{", b"[" * 100_000, b'{"body":' * 900 + b"1" + b"}" * 900):
        assert send(writer, body).status_code == 400
    huge = json.dumps({"canvas": canvas.key, "text": "x" * 1_100_000})
    assert send(writer, huge).status_code == 400
    assert send(writer, b"x", content_type="text/csv").status_code == 415
    for key in ("nonsense", "a%00b"):
        assert send(writer, {"text": "x"}, "patch", f"{API}{key}/").status_code == 404


def test_drafts_and_withdrawn_paintings_take_none(writer: Client, canvas: Canvas) -> None:
    Canvas.objects.update(state="draft")
    assert send(writer, {"canvas": canvas.key, "text": "A dog"}).status_code == 404
    Canvas.objects.update(state="published")
    withdrawal.withdraw_canvas(canvas, reason="The heirs asked for it.")
    assert send(writer, {"canvas": canvas.key, "text": "A dog"}).status_code == 404
    assert not Comment.objects.exists()


def test_a_draft_is_not_published(writer: Client, canvas: Canvas) -> None:
    made = send(writer, {"canvas": canvas.key, "text": "A dog", "state": "draft"}).json()
    path = f"/iiif/annotation/{Comment.objects.get(origin='curator').key}"
    assert made["id"].endswith(path)
    assert Client().get(path).status_code == 404
    one = f"{API}{path.rsplit('/', 1)[1]}/"
    assert send(writer, {"state": "published"}, "patch", one).status_code == 200
    assert Client().get(path).status_code == 200


# -- who may -------------------------------------------------------------------------------------


def test_writing_needs_the_permission(canvas: Canvas) -> None:
    said = {"canvas": canvas.key, "text": "A dog"}
    assert send(Client(), said).status_code in (401, 403)
    for names in ((), ("change_comment", "delete_comment")):
        assert send(client_of(user_with(*names)), said).status_code == 403
    assert not Comment.objects.filter(origin="curator").exists()


def test_a_session_needs_its_csrf_token_and_a_token_needs_none(canvas: Canvas) -> None:
    user, said = user_with("add_comment"), {"canvas": canvas.key, "text": "A dog"}
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert send(client, said).status_code == 403
    told = client.get("/api/me/").json()
    assert send(client, said, headers={"X-CSRFToken": told["csrf"]}).status_code == 201
    token = {"Authorization": "Token " + tokens.make(user, "script")}
    assert send(Client(enforce_csrf_checks=True), said, headers=token).status_code == 201


def test_changing_and_deleting(writer: Client, canvas: Canvas) -> None:
    send(writer, {"canvas": canvas.key, "text": "A dog", "xywh": "1,2,3,4", "language": "en"})
    comment = Comment.objects.get(origin="curator")
    one = f"{API}{comment.key}/"
    assert send(writer, {"text": "A cat"}, "patch", one).json()["body"]["value"] == "A cat"
    comment.refresh_from_db()
    assert (comment.language, comment.x) == ("en", 1)
    annotation = {"type": "Annotation", "target": f"{canvas.uri}#xywh=5,6,7,8"}
    assert send(writer, annotation, "patch", one).status_code == 200
    comment.refresh_from_db()
    assert (comment.body, comment.x) == ("A cat", 5)
    assert send(writer, {"xywh": None}, "patch", one).status_code == 200
    comment.refresh_from_db()
    assert comment.x is None
    elsewhere = make_canvas(make_manifest())
    assert send(writer, {"canvas": elsewhere.key}, "patch", one).status_code == 400
    assert send(writer, {"text": ""}, "patch", one).status_code == 400
    for names, patched, deleted in (
        ((), 403, 403),
        (("add_comment",), 403, 403),
        (("change_comment",), 200, 403),
    ):
        other = client_of(user_with(*names))
        assert send(other, {"text": f"By {names}"}, "patch", one).status_code == patched
        assert other.delete(one).status_code == deleted
    assert Client().delete(one).status_code in (401, 403)
    assert writer.delete(one).status_code == 204
    assert writer.delete(one).status_code == 404
    Comment.objects.create(canvas=canvas, key="k" * 16, origin="curator", body="x")
    assert client_of(user_with("delete_comment")).delete(f"{API}{'k' * 16}/").status_code == 204


def test_harvested_texts_are_refused_with_a_reason(canvas: Canvas) -> None:
    harvested = make_comment(canvas, origin="annotation")
    client = client_of(user_with("add_comment", "change_comment", "delete_comment"))
    for answer in (
        send(client, {"text": "Mine"}, "patch", f"{API}{harvested.key}/"),
        client.delete(f"{API}{harvested.key}/"),
    ):
        assert answer.status_code == 403
        assert "harvested" in answer.json()["detail"]
    assert Comment.objects.filter(pk=harvested.pk, body=harvested.body).exists()


def test_who_is_asking(canvas: Canvas) -> None:
    nobody = Client().get("/api/me/")
    assert nobody.json() == {"user": None, "may": {"comment": False, "collect": False}}
    assert nobody["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in nobody
    somebody = client_of(user_with("add_comment")).get("/api/me/").json()
    assert somebody["user"] == "Marta"
    assert somebody["may"] == {"comment": True, "collect": False}
    keeper = client_of(user_with("change_collection")).get("/api/me/").json()
    assert keeper["may"] == {"comment": False, "collect": True}


# -- reading -------------------------------------------------------------------------------------

texts = st.text(max_size=20) | st.sampled_from(["xywh=1,2,3,4", "Annotation", "x:y#xywh=1,1,2,2"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["canvas", "text", "xywh", "body", "target", "bodyValue", "selector", "source", "motivation",
     "rights", "type", "value", "language", "format", "on", "resource"]
)  # fmt: skip


@given(values | st.dictionaries(keys, values | st.dictionaries(keys, values), max_size=6))
def test_whatever_is_sent_is_read_or_refused(data: Any) -> None:
    try:
        asked = read(data)
        box = asked.region((100, 80)) if asked.region else None
        text = asked.values.get("text", "")
        known = {name: value for name, value in asked.values.items() if name != "text"}
        comment_values.checked(text, region=box, within=(100, 80), **known)
    except CommentProblem as error:
        assert all(error.problems.values())
