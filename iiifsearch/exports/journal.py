"""The journal: who changed what in the admin, and when; in English, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.utils.translation import override

from iiifsearch.exports.annotations import moment
from iiifsearch.exports.asked import Asked, by_id

COLUMNS = ("at", "by", "action", "kind", "object_id", "object", "what")
_ACTIONS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The oldest first. Of what was withdrawn it says that, and no title."""
    for some in by_id(LogEntry.objects.select_related("user", "content_type")):
        with override("en"):
            told = [_row(entry) for entry in some]
        yield from told


def _row(entry: LogEntry) -> tuple[Any, ...]:
    kind = entry.content_type
    return (
        moment(entry.action_time),
        entry.user.get_username(),
        _ACTIONS.get(entry.action_flag, str(entry.action_flag)),
        f"{kind.app_label}.{kind.model}" if kind else "",
        entry.object_id,
        entry.object_repr,
        entry.get_change_message(),
    )
