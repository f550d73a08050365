"""A database that an earlier release wrote is taken along: all is there afterwards, and found."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import Canvas, Collection, Comment
from iiifsearch import answering, tokens
from iiifsearch.doctor.examination import examine
from iiifsearch.doctor.findings import Level
from iiifsearch.engine.search import by_canvas, by_words
from iiifsearch.health import lacks_migrations
from iiifsearch.index import find_work, words
from iiifsearch.index.everything import index_everything
from iiifsearch.models import Answering, CanvasVector, CommentVector, Duplicate

ROWS = Path(__file__).parent / "database_of_before.sql"
NAME = f"upgraded_{os.getpid()}"
#: Where the release that wrote the rows had come to; of other apps all that they had.
BEFORE = [("catalog", "0008_names_in_languages"), ("iiifsearch", "0006_names_in_languages")]
LATER = {"catalog", "iiifsearch", "otp_static", "otp_totp"}
#: What lasts: what others link to, and what was made by hand or at a cost.
LASTING = {
    "canvases": "SELECT id, key, uri, pixel_revision, text_revision FROM catalog_canvas",
    "manifests": "SELECT id, key, uri, url, raw::text FROM catalog_manifest",
    "comments": "SELECT id, key, canvas_id, origin, body, author_id FROM catalog_comment",
    "collections": "SELECT id, key, title, state FROM catalog_collection",
    "members": "SELECT collection_id, canvas_id, position FROM catalog_collectioncanvas",
    "runs": "SELECT id, state, created FROM catalog_harvestrun",
    "activities": "SELECT id, type, key FROM catalog_activity",
    "vectors": "SELECT canvas_id, encoder, vec::text FROM iiifsearch_canvasvector",
    "texts": "SELECT canvas_id, comment_id, encoder, vec::text FROM iiifsearch_commentvector",
    "seen": "SELECT canvas_id, feature, revision, outcome FROM iiifsearch_seen",
    "pairs": "SELECT first_id, second_id, inliers FROM iiifsearch_duplicate",
}


def lasting() -> dict[str, list[Any]]:
    """The rows of each of LASTING, in order."""
    with connection.cursor() as cursor:
        found = {}
        for name, sql in LASTING.items():
            cursor.execute(sql)
            found[name] = sorted(cursor.fetchall(), key=repr)
        return found


def put_in(dump: str) -> None:
    """Run a dump's statements, each COPY with its rows; sequences go on after the last number."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        head, *copies = re.split(r"^(?=COPY )", dump, flags=re.MULTILINE)
        cursor.execute(head)
        for one in copies:
            statement, _, rows = one.partition("\n")
            with cursor.copy(statement) as copy:
                copy.write(rows.removesuffix("\\.\n"))
            table = statement.split()[1]
            if re.search(r"\bid\b", statement):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )
        cursor.execute("COMMIT")


@pytest.fixture(scope="module")
def before(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, list[Any]]]:
    """What lasts, as it was; the database has been migrated since."""
    with django_db_blocker.unblock():
        tests_own = connection.settings_dict["NAME"]
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
        connection.close()
        connection.settings_dict["NAME"] = NAME
        try:
            executor = MigrationExecutor(connection)
            leaves = executor.loader.graph.leaf_nodes()
            executor.migrate([*BEFORE, *(leaf for leaf in leaves if leaf[0] not in LATER)])
            put_in(ROWS.read_text())
            rows = lasting()
            call_command("migrate", verbosity=0)
            cache.clear()
            yield rows
        finally:
            connection.close()
            connection.settings_dict["NAME"] = tests_own
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
            cache.clear()


@pytest.fixture
def upgraded(
    before: dict[str, list[Any]], django_db_blocker: Any, encoder_cache: Path, settings: Any
) -> Iterator[dict[str, list[Any]]]:
    """The same, with the options that library had."""
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": ("efficientnet-lite0", "colour"),
        "features": (("efficientnet-lite0", 1.0), ("colour", 0.05)),
        "region_encoder": "",
        "local_features": False,
    }
    with django_db_blocker.unblock():
        yield before


def titled(title: str) -> Canvas:
    return Canvas.objects.get(title=title)


def test_all_is_still_there(upgraded: dict[str, list[Any]]) -> None:
    assert not lacks_migrations()
    assert all(upgraded.values())
    assert lasting() == upgraded


def test_what_people_made_reads_as_it_does_now(upgraded: dict[str, list[Any]]) -> None:
    # Verdicts in the words of today, the open one still open.
    assert sorted(Duplicate.objects.values_list("decision", flat=True)) == [
        "",
        "same-work",
        "unrelated",
    ]
    marines = Collection.objects.get(key="marines")
    shown = Canvas.objects.filter(collectioncanvas__collection=marines)
    assert [one.title for one in shown.order_by("collectioncanvas__position")] == [
        "月夜の海",
        "Boats at Rest",
    ]
    assert marines.published_at == marines.modified_at and marines.label == {"none": ["Marines"]}
    curators = Comment.objects.get(origin=Comment.Origin.CURATOR)
    assert curators.author is not None and curators.author.username == "vera"
    # A token is as good as it was, and only its hash is kept.
    token = tokens.find("0123456789abcdef0123456789abcdef01234567")
    assert token is not None and token.user == curators.author


def test_nothing_is_wrong_and_only_what_is_new_is_to_be_made(
    upgraded: dict[str, list[Any]],
) -> None:
    call_command("check", fail_level="WARNING")
    wrong = [(check, one) for check, one in examine() if one.level == Level.ERROR]
    assert wrong == []
    to_do = {count.feature: count.pending for count in find_work.counts() if count.pending}
    assert set(to_do) <= {words.feature()}
    counts = index_everything()
    assert (counts.failed, counts.done) == (0, sum(to_do.values()))
    assert CanvasVector.objects.count() == len(upgraded["vectors"])
    assert CommentVector.objects.count() == len(upgraded["texts"])
    # From now on it is known which versions answer.
    noted = dict(Answering.objects.values_list("slot", "key"))
    assert noted == {one.slot: one.answers.key for one in answering.live()}


def test_searches_answer(upgraded: dict[str, list[Any]]) -> None:
    index_everything()
    boats = titled("Boats at Rest")
    assert by_words("fishing boats").hits[0].canvas_id == boats.pk
    assert by_words("harbour at low tide").hits[0].canvas_id == boats.pk
    near = by_canvas(boats)
    assert near.plans.keys() == {"efficientnet-lite0", "colour"}
    assert boats.pk not in {hit.canvas_id for hit in near.hits}


def test_new_rows_follow_the_old_ones(upgraded: dict[str, list[Any]]) -> None:
    boats, origin = titled("Boats at Rest"), Comment.Origin.CURATOR
    late = Comment.objects.create(key="late", canvas=boats, origin=origin, body="Late.")
    assert late.pk > max(row[0] for row in upgraded["comments"])
    late.delete()
