"""The admin in an editor's language."""

from __future__ import annotations

import pytest
from django.test import Client

from catalog.models import HarvestRun, Source
from tests.people import signed_in

pytestmark = pytest.mark.django_db

GERMAN = {"accept-language": "de"}


@pytest.fixture
def editor(db: None) -> Client:
    return signed_in("view_source", "add_source", "view_seen", "view_harvestrun", staff=True)


def test_the_front_page_is_german(editor: Client) -> None:
    text = editor.get("/admin/", headers=GERMAN).content.decode()
    assert '<html lang="de"' in text
    assert "Ein Manifest, eine Sammlung oder einen Änderungsstrom ernten" in text
    assert "Zustand des Index" in text
    assert ">Quellen</a>" in text
    assert "Katalog" in text


def test_states_and_columns_are_german(editor: Client) -> None:
    source = Source.objects.create(url="https://museum.example/collection.json")
    run = HarvestRun.objects.create(source=source)
    listed = editor.get("/admin/catalog/harvestrun/", headers=GERMAN).content.decode()
    assert "wartet" in listed and "Ergebnisse" in listed
    page = editor.get(f"/admin/catalog/harvestrun/{run.pk}/change/", headers=GERMAN)
    assert "Verlangt: " in page.content.decode()


@pytest.mark.parametrize("language", ["de", "fr", "it"])
def test_the_state_of_the_index_is_shown_in_each(editor: Client, language: str) -> None:
    response = editor.get("/admin/index-state/", headers={"accept-language": language})
    assert response.status_code == 200
    assert "Every canvas that is not withdrawn" not in response.content.decode()
