"""Filling collections by their rules: at once, or by and by as the library grows.

What a rule finds and the collection has not comes in at its end; what it put there and finds no
more goes. What a curator put there stays, and what a curator took out stays out (`left_out`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection, transaction
from django.utils import timezone

from catalog import collecting
from catalog.collecting import NotCurated
from catalog.left_out import WITHOUT, left_out
from catalog.models import Collection, CollectionCanvas, State
from iiifsearch.engine.filters import Params
from iiifsearch.rules.finding import MOST, CannotFill, finding
from iiifsearch.rules.rule import BadRule, Rule, read

log = logging.getLogger(__name__)

# Members of a collection are few beside the library; both sides are read once.
_COMPARED = """
WITH found AS MATERIALIZED ({found}),
wanted AS (SELECT id, place FROM found WHERE place <= %s),
there AS MATERIALIZED (
    SELECT canvas_id, by_rule FROM catalog_collectioncanvas WHERE collection_id = %s
)
SELECT 'new', id, place FROM wanted
    WHERE NOT EXISTS (SELECT 1 FROM there WHERE there.canvas_id = wanted.id)
UNION ALL SELECT 'gone', canvas_id, 0 FROM there
    WHERE by_rule AND NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.id = there.canvas_id)
UNION ALL SELECT 'found', count(*), 0 FROM found
ORDER BY 3
"""


@dataclass(frozen=True)
class Compared:
    """What a rule finds beside what is in the collection. ``added``, ``removed``: ids of canvases,
    in the order in which they come. ``total``: all that it finds, those that are there among them.
    ``capped``: it finds more than `MOST`, and takes the first."""

    added: tuple[int, ...]
    removed: tuple[int, ...]
    total: int
    capped: bool


@dataclass(frozen=True)
class Filled:
    """How many canvases came and went, and how many the rule finds; ``capped`` as in `Compared`."""

    added: int
    removed: int
    total: int
    capped: bool = False


def compare(rule: Rule, collection: Collection) -> Compared:
    """Raises CannotFill."""
    told: dict[str, list[int]] = {"new": [], "gone": [], "found": []}
    statement, params = comparison(rule, collection)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for kind, value, _ in cursor.fetchall():
            told[kind].append(value)
    (total,) = told["found"]
    return Compared(tuple(told["new"]), tuple(told["gone"]), min(total, MOST), total > MOST)


def comparison(rule: Rule, collection: Collection) -> tuple[str, Params]:
    """The statement behind `compare`, and its parameters. Raises CannotFill."""
    found = finding(rule, collection)
    return _COMPARED.format(found=found.sql), [*found.params, MOST, collection.pk]


def first_found(rule: Rule, collection: Collection, count: int) -> list[int]:
    """Ids of the first canvases that the rule finds, there already or not. Raises CannotFill."""
    found = finding(rule, collection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({found.sql}) f ORDER BY place LIMIT %s", [
            *found.params, count,
        ])  # fmt: skip
        return [row[0] for row in cursor.fetchall()]


def fill(collection: Collection, *, by: Any = None) -> Filled:
    """Bring ``collection`` up to its rule, in one transaction; nothing is written where it is.

    ``by``: who asked for it, for the log; None: nobody. Raises BadRule, CannotFill, and NotCurated
    where it was harvested or withdrawn. What is in the collection then stays.
    """
    rule = _rule_of(collection)
    compared = compare(rule, collection)
    if compared.added or compared.removed or collection.filled_at is None:
        with transaction.atomic():
            row = Collection.objects.select_for_update(of=("self",)).get(pk=collection.pk)
            rule = _rule_of(row)  # somebody may have changed it, or taken something out
            compared = compare(rule, row)
            Collection.objects.filter(pk=row.pk).update(filled_at=timezone.now())
            if compared.removed:
                collecting.remove(row, compared.removed, by=by, by_rule=True)
            if compared.added:
                collecting.add(row, compared.added, by=by, by_rule=True)
    counts = len(compared.added), len(compared.removed)
    return Filled(*counts, compared.total, compared.capped)


def set_rule(collection: Collection, rule: Rule, *, by: Any) -> None:
    """Have ``collection`` filled by ``rule`` from now on; what was left out by hand stays out.
    Nothing is filled yet. Raises NotCurated."""
    _write(collection, rule, "Changed the rule that fills it.", by)


@transaction.atomic
def stop(collection: Collection, *, by: Any) -> None:
    """Nothing fills it any more; all that is in it stays, as if put there by hand."""
    _write(collection, None, "Nothing fills it any more.", by)
    members = CollectionCanvas.objects.filter(collection=collection, by_rule=True)
    members.update(by_rule=False)


@transaction.atomic
def _write(collection: Collection, rule: Rule | None, said: str, by: Any) -> None:
    row = Collection.objects.select_for_update(of=("self",)).get(pk=collection.pk)
    if row.harvested or row.state == State.WITHDRAWN:
        raise NotCurated(f"{row} was harvested or withdrawn: no rule fills it.")
    written = rule.written() if rule else None
    if written is not None and (kept := left_out(row)):
        written[WITHOUT] = kept
    Collection.objects.filter(pk=row.pk).update(rule=written, filled_at=None)
    LogEntry.objects.log_actions(by.pk, [row], CHANGE, said, single_object=True)
    collection.refresh_from_db()


def _rule_of(collection: Collection) -> Rule:
    if collection.rule is None:
        raise CannotFill(f"No rule fills {collection}.")
    return read(collection.rule)


def with_rules() -> Iterator[Collection]:
    """Every collection that a rule fills."""
    rows = Collection.objects.filter(rule__isnull=False, uri="").exclude(state=State.WITHDRAWN)
    yield from rows.order_by("pk")


def fill_all() -> None:
    """Fill every collection that has a rule; one that cannot be filled now keeps what it has."""
    for collection in with_rules():
        try:
            filled = fill(collection)
        except (BadRule, CannotFill, NotCurated, Collection.DoesNotExist) as error:
            log.warning("%s (%s) is not filled: %s", collection, collection.key, error)
            continue
        if filled.added or filled.removed:
            told = (collection, collection.key, filled.added, filled.removed)
            log.info("%s (%s): %d canvases came, %d went", *told)
            if filled.capped:
                log.warning("The rule of %s takes only the first %d.", collection, MOST)
