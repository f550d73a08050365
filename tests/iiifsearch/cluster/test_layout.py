"""Every table has its place, and a new one cannot be forgotten."""

from __future__ import annotations

from django.apps import apps

from catalog.models import Canvas
from iiifsearch.cluster.layout import CANVASES, DISTRIBUTED, LOCAL, REFERENCE


def _models() -> list:
    return [
        model
        for label in ("catalog", "iiifsearch")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]


def test_every_table_has_one_place() -> None:
    placed = [*DISTRIBUTED, *REFERENCE, *LOCAL]
    assert len(placed) == len(set(placed))
    assert {model._meta.db_table for model in _models()} == set(placed)


def test_canvases_come_first() -> None:
    assert next(iter(DISTRIBUTED)) == CANVASES == Canvas._meta.db_table


def test_what_is_distributed_has_its_column() -> None:
    for model in _models():
        column = DISTRIBUTED.get(model._meta.db_table)
        fields = {field.column: field for field in model._meta.concrete_fields}
        assert column is None or column in fields
        if column not in (None, "id") and fields[column].remote_field:
            assert fields[column].related_model is Canvas


def test_what_hangs_on_one_canvas_is_distributed() -> None:
    """Where it is not, there is a reason: a pair has two canvases, a collection many."""
    for model in _models():
        hangs = [f for f in model._meta.concrete_fields if f.related_model is Canvas]
        if len(hangs) == 1 and hangs[0].name == "canvas":
            assert model._meta.db_table in DISTRIBUTED, model
