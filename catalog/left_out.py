"""What a curator took out of a collection by hand, and its rule must not bring back.

It stands in the rule (`Collection.rule`), under ``without``: ids of canvases. The rest of the rule
is read by whoever knows how to look for paintings.
"""

from __future__ import annotations

from collections.abc import Iterable

from catalog.models import Collection

WITHOUT = "without"


def left_out(collection: Collection) -> list[int]:
    """Ids of the canvases; none where no rule fills the collection."""
    rule = collection.rule if isinstance(collection.rule, dict) else {}
    listed = rule.get(WITHOUT, [])
    return [pk for pk in listed if isinstance(pk, int)] if isinstance(listed, list) else []


def leave_out(collection: Collection, canvas_ids: Iterable[int]) -> None:
    """Note that canvases were taken out by hand; nothing where no rule fills the collection. Within
    the transaction that takes them out; ``collection`` is locked, and as it is now."""
    if not isinstance(collection.rule, dict):
        return
    before = left_out(collection)
    after = sorted({*before, *canvas_ids})
    if after != before:
        collection.rule = {**collection.rule, WITHOUT: after}
        Collection.objects.filter(pk=collection.pk).update(rule=collection.rule)
