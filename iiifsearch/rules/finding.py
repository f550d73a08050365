"""What a rule finds: canvases that everybody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext

from catalog.models import Canvas, Collection, Manifest, State
from iiifsearch.engine.filters import Params, WorkFilter
from iiifsearch.engine.query import Example, Query
from iiifsearch.engine.said import Tagged, says
from iiifsearch.engine.scope import Condition, Scope
from iiifsearch.engine.search import by_query
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.records import records
from iiifsearch.rules.rule import Rule

#: Paintings that a rule takes: of more, those that came first.
MOST = 20_000


class CannotFill(Exception):
    """Why a rule finds nothing now, and what to do; what it found before stays."""


@dataclass(frozen=True)
class Finding:
    """A SELECT of ``id`` and ``place``, from 1, of what a rule finds: of `MOST` + 1 at most."""

    sql: str
    params: Params


def finding(rule: Rule, collection: Collection | None = None) -> Finding:
    """What ``rule`` finds for ``collection``. Raises CannotFill."""
    scope = _scope(rule, collection)
    if rule.like:
        return Finding(
            "SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY AS found(id, place)",
            [_alike(rule, scope)],
        )
    ids, params = scope.ids_sql()
    limited = f"{ids} ORDER BY sc.id LIMIT {MOST + 1}"
    return Finding(
        f"SELECT id, row_number() OVER (ORDER BY id) AS place FROM ({limited}) f", params
    )


def _scope(rule: Rule, collection: Collection | None) -> Scope:
    also: list[Condition] = []
    if rule.tag:
        also.append(Tagged(rule.tag, rule.label))
    if rule.words:
        also.append(says(rule.words))
    works = WorkFilter(
        maker=rule.maker,
        object_type=rule.object_type,
        years=(rule.first, rule.last),
        rights=rule.rights,
    )
    return Scope(
        manifest_id=_source(Manifest, rule.manifest).pk if rule.manifest else None,
        collection_id=_source_collection(rule, collection),
        works=works,
        also=tuple(also),
        without=rule.without,
    )


def _source_collection(rule: Rule, collection: Collection | None) -> int | None:
    """Raises CannotFill: what a rule puts into a collection must not be found by it there."""
    if not rule.collection:
        return None
    source = _source(Collection, rule.collection)
    above, seen = collection, set()
    while above is not None and above.pk not in seen:
        if above.pk == source.pk:
            raise CannotFill(
                gettext("“%(title)s” would be filled from itself: let the rule look elsewhere.")
                % {"title": collection}
            )
        seen.add(above.pk)
        above = above.parent
    return source.pk


def _source(model: type[Any], key: str) -> Any:
    row = model.objects.filter(key=key, state=State.PUBLISHED).first()
    if row is None:
        raise CannotFill(
            gettext(
                "What the rule looks in (%(key)s) is not published: publish it, or change the rule."
            )
            % {"key": key}
        )
    return row


def _alike(rule: Rule, scope: Scope) -> list[int]:
    """Ids of the likest, best first; the examples are not among them. Raises CannotFill."""
    examples = _examples(rule.like)
    wanted = Query([Example(vectors={})]).weights()
    vectors = [stored_vectors(list(wanted), canvas.pk) for canvas in examples]
    if any(len(found) < len(wanted) for found in vectors):
        raise CannotFill(
            gettext(
                "The pictures of the examples have not all been looked at yet: wait until they "
                "are, or choose others."
            )
        )
    without = (*scope.without, *(canvas.pk for canvas in examples))
    scope = replace(scope, without=without)
    query = Query([Example(vectors=found) for found in vectors], scope=scope, count=rule.most)
    answer = by_query(query)
    return [hit.canvas_id for hit in answer.hits if 100 * hit.score >= rule.least]


def _examples(keys: Sequence[str]) -> list[Canvas]:
    """Raises CannotFill where one of them is not public."""
    ids = Canvas.objects.filter(key__in=keys).values_list("pk", flat=True)
    found = {record.canvas.key: record.canvas for record in records(ids).values()}
    missing = [key for key in keys if key not in found]
    if missing:
        raise CannotFill(
            gettext("Examples that are not public: %(keys)s. Choose others.")
            % {"keys": ", ".join(missing)}
        )
    return [found[key] for key in keys]
