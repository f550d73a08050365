"""A library goes into a file and comes back: the same answers to the same questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.harvest.run import perform, request
from catalog.models import Canvas, Collection, CollectionCanvas, Comment, Manifest, Picture
from fixtures import build
from fixtures.serve import running_collection
from fixtures.works import EXAMPLES
from iiifsearch import tokens
from iiifsearch.backup import archive
from iiifsearch.backup.save import save
from iiifsearch.index import ann
from iiifsearch.index.duplicates import find_duplicates
from iiifsearch.index.everything import index_everything
from iiifsearch.models import Batch, CanvasVector, Duplicate, NotOfClass, TagGuess
from tests.catalog.admin.conftest import make_collection
from tests.iiifsearch.backup.shared import in_another_session, rows_of_all_tables

SCALE = 0.3


@pytest.fixture
def bundled(
    transactional_db: None, encoders: Path, settings: Any, tmp_path: Path
) -> Iterator[None]:
    """Two thirds of the bundled works, harvested and indexed, with what curators made of it; their
    pictures can be asked for as long as the test runs."""
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    with running_collection(tmp_path / "collection", scale=SCALE, quiet=True) as base:
        for url in build.collection_urls(base)[:2]:
            perform(request(url, queue=False))
        index_everything()
        find_duplicates()
        curate()
        with connection.cursor() as cursor:  # as autovacuum does; a restore does it at once
            cursor.execute("ANALYZE")
        yield


def curate() -> None:
    person = User.objects.create_user("marta", password="a long secret", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_collection"))
    tokens.make(person, "nightly")
    collection = make_collection("Æther\t'\\N\n", label={"en": ["Æther"]})
    collection.curators.add(person)
    canvases = list(Canvas.objects.order_by("-pk")[:5])
    for position, canvas in enumerate(canvases):
        CollectionCanvas.objects.create(collection=collection, canvas=canvas, position=position)
    by = {"decided_by": person, "decided_at": timezone.now()}
    pair = Duplicate.objects.order_by("pk").first()
    assert pair is not None
    Duplicate.objects.filter(pk=pair.pk).update(decision="copy", note="of \\. that", **by)
    for text, more in (("oil", {"decision": "wrong", **by}), ("open", {})):
        TagGuess.objects.create(
            canvas=canvases[0], kind="missing", text=text, mark=text, relevance=1, **more
        )
    NotOfClass.objects.create(canvas=canvases[1], collection=collection, by=person)
    Batch.objects.create(subject="pairs", said="One", count=1, before={"a": [1]}, by=person)


def questions() -> list[tuple[str, Callable[[Client], Any]]]:
    """Fifty of them: by words, by whole canvases, by regions, by Content Search."""
    made: list[tuple[str, Callable[[Client], Any]]] = []

    def ask(path: str, **values: Any) -> None:
        made.append((f"{path} {values}", lambda client: client.get(path, values)))

    for query, _ in EXAMPLES[:13]:
        ask("/api/search/", q=query)
        ask("/iiif/search/2/library", q=query)
    for comment in Comment.objects.filter(origin="annotation").order_by("pk")[:6]:
        ask("/api/search/", q=comment.body[:200])
    for canvas in Canvas.objects.order_by("pk")[:60:4]:
        ask("/api/similar/", canvas=canvas.raw_id)
    for canvas in Canvas.objects.order_by("pk")[1:30:5]:
        ask("/api/similar/", canvas=canvas.raw_id, region="10,10,300,300")
        ask("/iiif/search/1/library", q=f"{canvas.raw_id}#xywh=10,10,300,300")
    for key in Manifest.objects.order_by("pk").values_list("key", flat=True)[:2]:
        ask(f"/iiif/search/2/manifest/{key}", q="")
    ask("/iiif/autocomplete/2/library", q="li")
    return made


def answers(asked: list[tuple[str, Callable[[Client], Any]]]) -> dict[str, Any]:
    client, found = Client(), {}
    for name, ask in asked:
        response = ask(client)
        assert response.status_code == 200, (name, response.content[:300])
        assert b"cannot be looked at" not in response.content, (name, response.content)
        found[name] = response.json()
    return found


def canvases_of(answer: Any) -> set[str]:
    text = json.dumps(answer)
    return {uri for uri in Canvas.objects.values_list("raw_id", flat=True) if f'"{uri}' in text}


def run(name: str, *arguments: Any) -> str:
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_library_comes_back_as_it_was(bundled: None, tmp_path: Path, settings: Any) -> None:
    asked = questions()
    assert len(asked) >= 50
    before, rows = answers(asked), rows_of_all_tables()
    assert sum(len(str(answer)) for answer in before.values()) > 100_000, "they find something"
    newest = Picture.objects.exclude(sha256="").count()
    full, lean = tmp_path / "full.tar", tmp_path / "lean.tar"
    assert "rows" in run("backup", full)
    assert "rows" in run("backup", lean, "--without-derived")
    assert full.stat().st_mode & 0o777 == 0o600
    assert lean.stat().st_size < full.stat().st_size / 2

    call_command("flush", interactive=False, verbosity=0)
    assert not Canvas.objects.exists()
    assert "rows restored" in run("restore", full)
    assert rows_of_all_tables() == rows
    assert answers(asked) == before
    assert not ann.missing()
    assert User.objects.get().check_password("a long secret")
    assert User.objects.get().has_perm("catalog.view_collection")
    fresh = make_collection("Made afterwards")
    assert fresh.pk > Collection.objects.exclude(pk=fresh.pk).latest("pk").pk
    fresh.delete()

    told = run("restore", lean, "--over")
    assert "manage.py index makes it now" in told
    assert not CanvasVector.objects.exists()
    decided = [
        Duplicate.objects.values_list("decision", "note").get(),
        TagGuess.objects.values_list("text", "decision").get(),
        *(NotOfClass.objects.count(), Batch.objects.count()),
    ]
    assert decided == [("copy", "of \\. that"), ("oil", "wrong"), 1, 1]
    index_everything()
    find_duplicates()
    assert Duplicate.objects.exclude(decision="").values_list("decision", "note").get() == (
        *("copy", "of \\. that"),
    )
    assert Picture.objects.exclude(sha256="").count() == newest
    again = answers(asked)
    for name in before:
        assert canvases_of(again[name]) == canvases_of(before[name]), name


def test_a_backup_is_of_one_moment(transactional_db: None, tmp_path: Path) -> None:
    """What is written while it is made is not in it, not in any of its tables."""
    make_collection("Before")
    meanwhile: list[str] = []

    def told(line: str) -> None:
        if not meanwhile:
            meanwhile.append(line)
            in_another_session(
                "INSERT INTO catalog_collection (key, uri, title, label, summary, state, teaches, "
                "created_at, modified_at) VALUES ('meanwhile', '', 'Meanwhile', '{}', '{}', "
                "'draft', false, now(), now())"
            )

    save(tmp_path / "b.tar", told=told)
    assert meanwhile and Collection.objects.count() == 2
    with archive.opened(tmp_path / "b.tar") as found:
        rows = {table.name: table.rows for table in found.manifest.tables}
    assert rows["catalog_collection"] == 1
    assert connection.get_autocommit()
