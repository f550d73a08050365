"""What is withdrawn from the catalogue leaves the index with it, and what was decided of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from iiifsearch import in_use
from iiifsearch.index.map_withdrawn import take_off_the_map
from iiifsearch.models import (
    OF_PICTURES,
    Changed,
    CommentText,
    CommentVector,
    Duplicate,
    NotOfClass,
    Seen,
    TagGuess,
    Term,
)
from iiifsearch.presentation import versions

_VOUCHED = """
UPDATE iiifsearch_tagguess SET vouchers = ARRAY(
    SELECT one FROM unnest(vouchers) WITH ORDINALITY AS v(one, place)
    WHERE one <> ALL(%(gone)s) ORDER BY place
) WHERE vouchers && %(gone)s::bigint[]
"""


def forget(canvas_ids: Collection[int], **_: Any) -> None:
    """Delete all that was derived from these canvases, or quoted of them, and all decisions on
    them; in the caller's transaction. They vouch for no other's tags any more."""
    take_off_the_map(canvas_ids)
    for model in (
        *OF_PICTURES,
        CommentVector,
        CommentText,
        Term,
        Seen,
        Changed,
        TagGuess,
        NotOfClass,
    ):
        rows = model._default_manager.filter(canvas_id__in=canvas_ids)
        rows._raw_delete(rows.db)
    versions.forget(canvas_ids)
    Duplicate.objects.filter(Q(first__in=canvas_ids) | Q(second__in=canvas_ids)).delete()
    with connection.cursor() as cursor:
        cursor.execute(_VOUCHED, {"gone": list(canvas_ids)})
    transaction.on_commit(in_use.forget, robust=True)
