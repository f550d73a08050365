"""Writing down what changed among the things that we publish, in the order it becomes visible."""

from __future__ import annotations

from django.db import connection
from django.db.transaction import TransactionManagementError

from catalog.models import Activity

#: Of the advisory lock under which activities are written: any number that nobody else uses.
LOCK = 0x6163_7469_7669_7479

#: What happened to a thing, by whether it was public, and is now.
TYPES = {
    (False, True): Activity.Type.CREATE,
    (True, True): Activity.Type.UPDATE,
    (True, False): Activity.Type.DELETE,
}

# The moment is the server's, cut to the milliseconds that are served, and always later than the
# last one, whatever the clock does: who has read up to a moment has read all before it.
_WRITE = """
INSERT INTO catalog_activity (type, kind, key, at)
SELECT %s, %s, given.key, now_.at
FROM unnest(%s::text[]) WITH ORDINALITY AS given(key, place), (
    SELECT greatest(
        date_trunc('milliseconds', clock_timestamp()),
        (SELECT at FROM catalog_activity ORDER BY id DESC LIMIT 1) + interval '1 millisecond'
    ) AS at
) AS now_
ORDER BY given.place
"""


def record(type: Activity.Type, kind: Activity.Kind, *keys: str) -> None:
    """Write one activity a key, in the caller's transaction, as **the last thing it does**.

    From here to the commit nobody else can write activities: so they become visible in the order
    of their ids and moments. Whoever locks other rows after it keeps everybody waiting, and may
    meet a deadlock. Only for what is or was public: the caller knows.
    """
    if not keys:
        return
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "An activity belongs to the transaction of its change: call record() within "
            "transaction.atomic(), as its last statement."
        )
    with connection.cursor() as cursor:
        # A statement of its own: the next one must see what was committed while it waited.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_WRITE, [type, kind, list(keys)])
