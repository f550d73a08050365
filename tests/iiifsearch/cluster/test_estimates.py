"""What is asked of a cluster instead of Postgres's own counters."""

from __future__ import annotations

import pytest
from django.db import connection

from iiifsearch.cluster.layout import DISTRIBUTED, LOCAL, REFERENCE
from iiifsearch.cluster.state import Placed, State
from iiifsearch.doctor.cluster import misplaced
from iiifsearch.index import estimates, sample, scales
from tests.iiifsearch.vectors import INDEX, fill

#: As Citus tells a plan of a table with 32 shards, shortened.
_CITUS = [
    {
        "Plan": {
            "Node Type": "Custom Scan",
            "Custom Plan Provider": "Citus Adaptive",
            "Plan Rows": 100000,
            "Distributed Query": {
                "Job": {
                    "Task Count": 32,
                    "Tasks Shown": "One of 32",
                    "Tasks": [
                        {
                            "Node": "host=node1 port=5432 dbname=iiifsearch",
                            "Remote Plan": [[{"Plan": {"Node Type": "Seq Scan", "Plan Rows": 7}}]],
                        }
                    ],
                }
            },
        }
    }
]


def test_rows_of_all_shards_are_those_of_one_times_their_number() -> None:
    assert estimates.planned_rows(_CITUS) == 224
    assert estimates.planned_rows([{"Plan": {"Plan Rows": 12}}]) == 12


@pytest.mark.django_db
def test_a_sample_by_canvases(sharded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(2000)
    after, condition, params = sample.of(INDEX.table, "v", 200)
    assert after == "" and "TABLESAMPLE" not in condition
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {INDEX.table} v WHERE true{condition}", params)
        (count,) = cursor.fetchone()
    assert 100 < count < 300
    assert sample.of(INDEX.table, "v", 200)[2] == params, "the same each time"
    assert sample.of(INDEX.table, "v", 10_000) == ("", "", [])
    vectors = scales.sample(INDEX.spec)
    assert vectors.shape == (scales.SAMPLE, INDEX.spec.dim)
    assert (scales.sample(INDEX.spec) == vectors).all()


def _placed() -> dict[str, Placed]:
    return {
        **{table: Placed(column, 1) for table, column in DISTRIBUTED.items()},
        **{table: Placed("", 2) for table in REFERENCE},
    }


def test_the_doctor_finds_what_is_misplaced() -> None:
    def found(**changed: Placed | None) -> list[str]:
        placed = {t: p for t, p in (_placed() | changed).items() if p is not None}
        return [table for table, _ in misplaced(State("x", placed=placed))]

    assert found() == []
    assert found(iiifsearch_term=None) == ["iiifsearch_term"]
    assert found(iiifsearch_term=Placed("comment_id", 1)) == ["iiifsearch_term"]
    assert found(iiifsearch_term=Placed("canvas_id", 5)) == ["iiifsearch_term"]
    assert found(catalog_manifest=None) == ["catalog_manifest"]
    assert found(**{LOCAL[0]: Placed("", 2)}) == [LOCAL[0]]
