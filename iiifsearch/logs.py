"""What a line of the log says: what it is about, and as JSON where that is asked for.

No line holds what people search for. Settings and gunicorn name this module:
it imports nothing of ours.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

#: What the lines of this thread or task are about, by name: its request, or its job.
_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039 - never changed

#: Put on records by Django, and hold all of a request, its query too.
_NEVER_TOLD = ("request", "server_time")


@contextmanager
def about(**more: Any) -> Iterator[None]:
    """The lines that are written within are about that."""
    token = _about.set({**_about.get(), **more})
    try:
        yield
    finally:
        _about.reset(token)


class AboutFilter(logging.Filter):
    """Puts on every record what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of a failed request when that is over, and names it.
        told = getattr(getattr(record, "request", None), "request_id", None)
        known = {"request_id": told} if told else _about.get()
        for name, value in known.items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


class JSONLines(JsonFormatter):
    """One JSON object a line: time (ISO 8601, UTC), level, logger, message, then what else is
    known of it."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            reserved_attrs=[*RESERVED_ATTRS, *_NEVER_TOLD],
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        super().add_fields(log_data, record, message_dict)
