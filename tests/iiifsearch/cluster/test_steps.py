"""Keys and foreign keys as a cluster can have them, on Postgres itself; the order of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Canvas, Comment
from iiifsearch.cluster import state, steps
from iiifsearch.cluster.layout import DISTRIBUTED, REFERENCE
from iiifsearch.cluster.state import Placed, State
from tests.iiifsearch.conftest import Library


def _all_placed(found: State) -> State:
    placed = {table: Placed(column, 1) for table, column in DISTRIBUTED.items()}
    placed |= {table: Placed("", 2) for table in REFERENCE}
    return replace(found, placed=placed, propagates=True)


def test_keys_are_those_of_a_cluster(sharded: None) -> None:
    found = state.read()
    assert {unique.table for unique in found.uniques} == set(DISTRIBUTED)
    for unique in found.uniques:
        assert DISTRIBUTED[unique.table] in unique.columns, unique
    for key in found.foreign_keys:
        if key.table in DISTRIBUTED:
            assert key.to in DISTRIBUTED, key
            place = key.columns.index(DISTRIBUTED[key.table])
            assert key.to_columns[place] == DISTRIBUTED[key.to], key
        else:
            assert {key.table, key.to} <= set(REFERENCE), key


def test_done_once_there_is_nothing_left_to_do(sharded: None) -> None:
    assert steps.all_steps(_all_placed(state.read())) == []


def test_an_interrupted_run_goes_on(db: None) -> None:
    """Whatever was done last: the rest, done after it, comes to the same."""
    from django.db import connection

    whole = [*steps.of_keys(state.read()), *steps.tying(state.read())]
    with connection.cursor() as cursor:
        for step in whole[: len(whole) // 3]:
            cursor.execute(step.sql)
        found = state.read()
        rest = steps.of_keys(found)
        assert 0 < len(rest) < len(whole)
        for step in [*rest, *steps.tying(found)]:
            cursor.execute(step.sql)
    assert steps.all_steps(_all_placed(state.read())) == []


def test_tables_are_moved_in_order(db: None) -> None:
    said = [step.sql for step in steps.all_steps(state.read(), shards=8)]
    moved = [sql for sql in said if "create_" in sql and "table(" in sql]
    first = next(place for place, sql in enumerate(moved) if "distributed" in sql)
    assert first == len(REFERENCE), "what is everywhere comes first"
    assert moved[first] == (
        "SELECT create_distributed_table('catalog_canvas', 'id', "
        "shard_count => 8, colocate_with => 'none')"
    )
    assert all("colocate_with => 'catalog_canvas'" in sql for sql in moved[first + 1 :])
    assert len(moved) == len(REFERENCE) + len(DISTRIBUTED)
    drops = [n for n, sql in enumerate(said) if "DROP CONSTRAINT" in sql]
    assert max(drops) < said.index(moved[0]), "no foreign key hinders a table from moving"
    ties = [n for n, sql in enumerate(said) if "FOREIGN KEY" in sql]
    assert min(ties) > said.index(moved[-1])


def test_what_is_placed_is_not_placed_again(sharded: None) -> None:
    found = _all_placed(state.read())
    del found.placed["iiifsearch_term"]
    said = [step.sql for step in steps.placing(found, 32)]
    assert said == [
        "SELECT create_distributed_table('iiifsearch_term', 'canvas_id', "
        "colocate_with => 'catalog_canvas')",
        "SELECT truncate_local_data_after_distributing_table('iiifsearch_term')",
    ]


def test_harvesting_goes_on(sharded: None, library: Library) -> None:
    """The library was harvested with these keys; once more, and nothing is there twice."""
    before = Canvas.objects.count(), Comment.objects.count()
    assert before[0] == 4
    for name, url in library.urls.items():
        served = library.server.answers[f"/{name}.json"]
        assert served, url
        library.harvest(url)
    assert (Canvas.objects.count(), Comment.objects.count()) == before


def test_without_citus_the_command_says_what_to_do(db: None, capsys: Any) -> None:
    with pytest.raises(CommandError, match="CREATE EXTENSION citus"):
        call_command("distribute")
    call_command("distribute", dry_run=True, shards=4)
    out = capsys.readouterr().out
    assert "shard_count => 4" in out and "ADD CONSTRAINT" in out
    with pytest.raises(CommandError, match="between 1 and 1024"):
        call_command("distribute", shards=0)
