"""What a curator took out of a collection by hand, and its rule must not bring back.

It stands in the rule (`Collection.rule`), under ``without``: ids of canvases. The rest of the rule
is read by whoever knows how to look for paintings.
"""

from __future__ import annotations

from collections.abc import Iterable

from catalog.models import Collection

WITHOUT = "without"


def leave_out(collection: Collection, canvas_ids: Iterable[int]) -> None:
    """Note that canvases were taken out by hand; nothing where no rule fills the collection. Within
    the transaction that takes them out; ``collection`` is locked, and as it is now."""
    if not isinstance(collection.rule, dict):
        return
    before = collection.rule.get(WITHOUT, [])
    after = sorted({*before, *canvas_ids})
    if after != before:
        collection.rule = {**collection.rule, WITHOUT: after}
        Collection.objects.filter(pk=collection.pk).update(rule=collection.rule)
