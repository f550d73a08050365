"""Which tables a backup holds, which of their rows, and the order in which they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from iiifsearch.models import DERIVED, Duplicate, TagGuess

#: Apps whose tables are in a backup, where they are installed. Neither sessions nor jobs: who is
#: signed in signs in again, and jobs only wake (docs/adr/0016-work-lies-in-the-database.md).
APPS = (
    *("contenttypes", "auth", "admin", "authtoken", "otp_static", "otp_totp"),
    *("catalog", "iiifsearch"),
)

#: Which rows of a table hold what people decided.
_DECIDED: dict[type[Model], str] = {Duplicate: "decision <> ''", TagGuess: "decision <> ''"}


@dataclass(frozen=True)
class Table:
    """``where``: SQL that admits the rows; "" for all. ``serial``: the column that a sequence
    fills, and the sequence; None where there is none."""

    name: str
    columns: tuple[str, ...]
    where: str = ""
    serial: tuple[str, str] | None = None

    def copy_out(self) -> str:
        where = f" WHERE {self.where}" if self.where else ""
        return f"COPY (SELECT {_listed(self.columns)} FROM {_quoted(self.name)}{where}) TO STDOUT"

    def copy_in(self, columns: Sequence[str]) -> str:
        return f"COPY {_quoted(self.name)} ({_listed(columns)}) FROM STDIN"


def tables(*, derived: bool = True) -> list[Table]:
    """All tables of a backup, each after those that it refers to. Without ``derived``: those, and
    those rows, that cannot be made again."""
    found = [model for model in _models() if derived or model not in DERIVED]
    return [
        Table(
            model._meta.db_table,
            tuple(field.column for field in model._meta.concrete_fields if field.column),
            "" if derived else _DECIDED.get(model, ""),
            _serial(model),
        )
        for model in found
    ]


def _models() -> list[type[Model]]:
    """Each after those that it refers to."""
    found = [
        model
        for config in apps.get_app_configs()
        if config.label in APPS
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    graph = {
        model: {
            field.related_model
            for field in model._meta.concrete_fields
            if field.related_model in found and field.related_model is not model
        }
        for model in found
    }
    return list(TopologicalSorter(graph).static_order())


def applied_migrations() -> list[str]:
    """Of those apps: "catalog.0009_curation", sorted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app || '.' || name FROM django_migrations WHERE app = ANY(%s) ORDER BY 1",
            [list(APPS)],
        )
        return [row[0] for row in cursor.fetchall()]


def _serial(model: type[Model]) -> tuple[str, str] | None:
    column: Any = getattr(model._meta.auto_field, "column", None)
    if column is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_serial_sequence(%s, %s)", [_quoted(model._meta.db_table), column]
        )
        name = cursor.fetchone()[0]
    return (column, name) if name else None


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))
