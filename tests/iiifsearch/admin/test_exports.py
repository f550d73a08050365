"""Exports in the admin: who may have which, and what is offered where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from iiifsearch.admin import exports
from iiifsearch.exports.subjects import SUBJECTS
from tests.iiifsearch.exports.conftest import ENCODER, Shelf, decided, shelf, with_vector
from tests.people import signed_in

__all__ = ["decided", "shelf"]

PAGE = "/admin/exports/"


@pytest.fixture(autouse=True)
def one_encoder(settings: Any, tmp_path: Path) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": (ENCODER,)}
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


def codename(permission: str) -> str:
    return permission.partition(".")[2]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_file_needs_its_permission(decided: Shelf, name: str) -> None:
    subject = SUBJECTS[name]
    others = [codename(one.permission) for one in SUBJECTS.values() if one is not subject]
    stranger, reader = (
        signed_in(*others, staff=True),
        signed_in(codename(subject.permission), staff=True),
    )
    for form in subject.forms:
        path = f"{PAGE}{name}.{form}"
        assert stranger.get(path).status_code == 403
        assert Client().get(path).status_code == 302, "who is not signed in signs in"
        response = reader.get(path)
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"]
        assert b"".join(response.streaming_content)
        assert reader.post(path).status_code == 405
    page = reader.get(PAGE).content.decode()
    assert f"{PAGE}{name}.csv" in page
    assert not any(f"{PAGE}{one}.csv" in page for one in SUBJECTS if one != name)


def test_the_page_needs_one_of_them(decided: Shelf) -> None:
    assert signed_in("view_canvas", staff=True).get(PAGE).status_code == 403
    assert signed_in("view_comment", staff=True).get(PAGE).status_code == 200


def test_a_collection_s_page_and_the_lists_lead_there(decided: Shelf) -> None:
    client = signed_in(
        *("view_collection", "view_comment", "view_duplicate", "view_canvas"), staff=True
    )
    key = decided.collection.key
    url = reverse("admin:catalog_collection_change", args=[decided.collection.pk])
    assert f"{PAGE}?collection={key}" in client.get(url).content.decode()
    for name in ("catalog_comment", "catalog_collection", "iiifsearch_duplicate"):
        assert PAGE in client.get(reverse(f"admin:{name}_changelist")).content.decode()
    assert PAGE in client.get("/admin/").content.decode()
    page = client.get(f"{PAGE}?collection={key}").content.decode()
    assert f'value="{key}"' in page and "vectors.parquet" in page
    assert "vectors.parquet" not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("form", ["parquet", "npy", "jsonld"])
def test_vectors_of_a_collection(decided: Shelf, form: str) -> None:
    with_vector(decided.first, 1)
    client = signed_in("view_collection", staff=True)
    path = f"{PAGE}vectors.{form}?encoder={ENCODER}&collection={decided.collection.key}"
    response = client.get(path)
    assert response.status_code == 200
    assert b"".join(response.streaming_content)
    assert signed_in("view_comment", staff=True).get(path).status_code == 403


def test_more_vectors_than_can_be_waited_for(
    decided: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_vector(decided.first, 1)
    monkeypatch.setattr(exports, "MOST_VECTORS", 2)
    client = signed_in("view_collection", staff=True)
    path = f"{PAGE}vectors.npy?encoder={ENCODER}&collection={decided.collection.key}"
    told = client.get(path, follow=True).content.decode()
    assert "more than 2 paintings" in told and "manage.py export vectors" in told


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing.csv", 404),
        ("comments.xml", 404),
        ("comments.csv?collection=nothing", 404),
        ("comments.csv?collection=%00", 200),
        ("vectors.xml?collection={}", 404),
        ("vectors.npy", 404),
        ("vectors.npy?collection={}&encoder=%00", 302),
        ("vectors.npy?collection={}&encoder=nonsense", 302),
        ("?collection=nothing", 404),
    ],
)
def test_nonsense_is_answered(decided: Shelf, path: str, status: int) -> None:
    client = signed_in("view_collection", "view_comment", staff=True)
    assert client.get(PAGE + path.format(decided.collection.key)).status_code == status
