"""Migrations go on beside a library in use: none holds a table that grows for long."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

#: Tables of which a large library has millions of rows.
GROWING = (
    *("catalog_canvas", "catalog_canvasimage", "catalog_comment", "catalog_manifestcanvas"),
    *("catalog_picture", "catalog_harvestitem", "catalog_activity"),
    *("iiifsearch_canvasvector", "iiifsearch_regionvector", "iiifsearch_commentvector"),
    *("iiifsearch_commenttext", "iiifsearch_term", "iiifsearch_seen", "iiifsearch_localfeatures"),
)
#: The first that are held to it; those before laid the tables out.
FIRST = {"catalog": "0006", "iiifsearch": "0005"}
TABLE = rf"\"?(?:{'|'.join(GROWING)})\"?(?=[\s(])"
#: What reads or writes every row of a table while others wait.
HOLDS_UP = (
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\S+ ON {TABLE}",
    rf"ALTER TABLE {TABLE}[^;]* TYPE ",
    rf"ALTER TABLE {TABLE}[^;]* SET NOT NULL",
    rf"ALTER TABLE {TABLE}[^;]* ADD COLUMN [^;]* DEFAULT [^;]*\(",
    rf"ALTER TABLE {TABLE}[^;]* ADD CONSTRAINT (?![^;]*NOT VALID)",
    rf"UPDATE {TABLE}",
)


def holds_up(sql: str) -> list[str]:
    """The statements of ``sql`` that keep others from a table that grows."""
    return [one for pattern in HOLDS_UP for one in re.findall(pattern, sql)]


def migrations() -> list[tuple[str, str]]:
    loader = MigrationLoader(connection=None)
    return sorted(
        (app, name) for app, name in loader.disk_migrations if name >= FIRST.get(app, "~")
    )


@pytest.mark.django_db(transaction=True)  # what is concurrent refuses to be within one
def test_no_table_that_grows_is_held_for_long() -> None:
    held = {}
    for app, name in migrations():
        out = io.StringIO()
        call_command("sqlmigrate", app, name, stdout=out, no_color=True)
        held[app, name] = holds_up(out.getvalue())
    assert len(held) >= 14 and {one: said for one, said in held.items() if said} == {}


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX "a" ON "catalog_comment" ("b");',
        "CREATE UNIQUE INDEX a ON catalog_canvas (b);",
        'ALTER TABLE "catalog_canvas" ALTER COLUMN "a" TYPE bigint;',
        'ALTER TABLE "iiifsearch_seen" ADD COLUMN "a" timestamptz DEFAULT now() NOT NULL;',
        'UPDATE "catalog_picture" SET a = 1;',
    ],
)
def test_what_would_hold_it_is_seen(sql: str) -> None:
    assert len(holds_up(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX CONCURRENTLY "a" ON "catalog_comment" ("b");',
        'CREATE INDEX "a" ON "catalog_collection" ("b");',
        'ALTER TABLE "catalog_comment" ADD COLUMN "rights" text DEFAULT \'\' NOT NULL;',
    ],
)
def test_what_holds_nothing_is_let_through(sql: str) -> None:
    assert holds_up(sql) == []
