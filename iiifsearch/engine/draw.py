"""Canvases drawn by chance."""

from __future__ import annotations

import random

from django.db import connection

from iiifsearch.conf import options
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.scope import Scope

#: Ids that are tried at once, and how often before the rest is taken from a list.
_TRIES = 2000
_ROUNDS = 20


def at_random(scope: Scope, count: int, seed: int) -> Answer:
    """``count`` published canvases of ``scope``, or all where there are fewer: the same ones for
    the same seed as long as the library stays as it is. Their score is 0: nothing was asked.

    A small scope is shuffled; of a large one ids are drawn and those kept that are in it, so that
    nothing is ever sorted that has a row for each canvas of the library.
    """
    chance = random.Random(seed)  # noqa: S311 - a choice of pictures, no secret
    ids, params = scope.ids_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"{ids} LIMIT %s", [*params, options.exact_rows + 1])
        listed = sorted(row[0] for row in cursor.fetchall())
        chosen: dict[int, None] = {}
        plan = f"shuffled {len(listed)} canvases"
        if len(listed) > options.exact_rows:
            plan = f"drew from more than {options.exact_rows} canvases"
            cursor.execute("SELECT min(id), max(id) FROM catalog_canvas")
            low, high = cursor.fetchone()
            for _ in range(_ROUNDS):
                drawn = [chance.randint(low, high) for _ in range(_TRIES)]
                cursor.execute(f"{ids} AND sc.id = ANY(%s)", [*params, drawn])
                there = {row[0] for row in cursor.fetchall()}
                chosen |= dict.fromkeys(pk for pk in drawn if pk in there)
                if len(chosen) >= count:
                    break
    chance.shuffle(listed)
    chosen |= dict.fromkeys(listed[: count if len(chosen) < count else 0])
    hits = [Hit(pk, 0.0, {}, ("drawn at random",)) for pk in list(chosen)[:count]]
    return Answer(tuple(hits), (), {"random": plan})
