"""The page that imports comments: looked at first, then written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog import comment_files, uploads
from catalog.models import Canvas, Comment
from tests.catalog.admin.conftest import make_canvas, make_manifest

PAGE = "/admin/catalog/comment/import/"


def sent(text: str | bytes, **values: Any) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    said = {"file": SimpleUploadedFile("c.csv", data), "layout": "csv", "state": "published"}
    said |= {"motivation": "describing", "language": "", "rights": "", "creator": "", "source": ""}
    return said | values


def table(canvas: Canvas) -> str:
    return f"canvas,text\n{canvas.key},<b>A dog</b>\n{canvas.key},\nnowhere,<i>A cat</i>\n"


def test_a_file_is_looked_at_and_then_written(curators_client: Client, storage: Path) -> None:
    assert curators_client.get(PAGE).status_code == 200
    canvas = make_canvas(make_manifest())
    preview = curators_client.post(PAGE, sent(table(canvas), language="en"))
    page = preview.content.decode()
    assert preview.status_code == 200
    assert 'value="Import 1 comment"' in page
    assert "&lt;b&gt;A dog&lt;/b&gt;" in page
    assert "There is no text." in page
    assert "No painting here has the key or URI" in page
    assert not Comment.objects.filter(origin="curator").exists()
    token = {"plan": preview.context["token"]}
    told = curators_client.post(PAGE, token | {"report": "1"})
    assert told["Content-Type"].startswith("text/csv")
    assert len(told.content.decode().splitlines()) == 4
    assert not Comment.objects.filter(origin="curator").exists()
    done = curators_client.post(PAGE, token | {"write": "1"}, follow=True)
    assert "1 comment imported." in done.content.decode()
    comment = Comment.objects.get(origin="curator")
    assert (comment.body, comment.language, comment.creator) == ("<b>A dog</b>", "en", "Marta Ruiz")
    assert not list((storage / "uploads").iterdir())
    again = curators_client.post(PAGE, token | {"write": "1"}, follow=True)
    assert "The file is not here any more" in again.content.decode()
    preview = curators_client.post(PAGE, sent(table(canvas), language="en"))
    assert preview.context["to_write"] == 0


@pytest.mark.parametrize(
    ("data", "values", "field"),
    [
        (b"", {}, "file"),
        (b"hello", {}, "file"),
        (b"canvas,text\nx,y\n", {"layout": "semart"}, "file"),
        (b"canvas,text\nx,y\n", {"layout": "xlsx"}, "layout"),
        (b"canvas,text\nx,y\n", {"language": "?"}, "language"),
        (b"canvas,text\nx,y\n", {"rights": "CC BY"}, "rights"),
        (b"canvas,text\nx,y\n", {"motivation": "x"}, "motivation"),
        (b"canvas,text\nx,y\n", {"creator": "a\0b"}, "creator"),
    ],
)
def test_what_is_wrong_is_told(
    curators_client: Client, data: bytes, values: dict[str, Any], field: str
) -> None:
    response = curators_client.post(PAGE, sent(data, **values))
    assert response.status_code == 200
    assert field in response.context["form"].errors


def test_a_file_too_large_is_told(curators_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.admin.comment_importing.MOST_BYTES", 10)
    response = curators_client.post(PAGE, sent(b"canvas,text\nx,y\n"))
    assert "are the most" in str(response.context["form"].errors["file"])
    monkeypatch.undo()
    monkeypatch.setattr(comment_files, "MOST_BYTES", 10)
    response = curators_client.post(PAGE, sent(b"canvas,text\nx,y\n"))
    assert "are the most" in str(response.context["form"].errors["file"])


def test_permissions(client_with: Callable[..., Client]) -> None:
    canvas = make_canvas(make_manifest())
    for names in ((), ("view_comment", "change_comment")):
        refused = client_with("view_canvas", *names)
        assert refused.get(PAGE).status_code == 403
        assert refused.post(PAGE, sent(table(canvas))).status_code == 403
    writer = client_with("add_comment")
    token = {"plan": writer.post(PAGE, sent(table(canvas))).context["token"], "write": "1"}
    # Nobody carries out what somebody else looked at.
    client_with("add_comment").post(PAGE, token)
    assert not Comment.objects.filter(origin="curator").exists()
    for forged in ("", "x", token["plan"][:-2]):
        assert writer.post(PAGE, {"plan": forged, "write": "1"}).status_code == 302
    assert not Comment.objects.filter(origin="curator").exists()
    assert writer.post(PAGE, token).status_code == 302
    assert Comment.objects.filter(origin="curator").count() == 1


def test_files_wait_for_a_day(storage: Path) -> None:
    name = uploads.hold(b"one")
    assert uploads.held(name) == b"one"
    old = time.time() - uploads.WAITS - 10
    os.utime(storage / "uploads" / name, (old, old))
    other = uploads.hold(b"two")
    assert uploads.held(name) is None
    assert uploads.held(other) == b"two"
    assert uploads.held("../../etc/passwd") is None
