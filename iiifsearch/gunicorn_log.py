"""gunicorn's own lines: without what people look for, and as JSON where ours are."""

from __future__ import annotations

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

from iiifsearch.logs import JSONLines
from iiifsearch.settings import environment

#: What follows a "?", to the next blank or quotation mark.
_QUERY = re.compile(r"\?[^\s'\"]+")
#: gunicorn's letters for what is told of a request, and our names.
_ATOMS = {"h": "remote", "m": "method", "U": "path", "s": "status", "B": "bytes", "a": "agent"}


class WithoutQuery(logging.Filter):
    """Where a request cannot be read, gunicorn quotes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), ()
        return True


class AccessLines(JSONLines):
    """A request: who, what, how it went, in how many seconds."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        atoms: Any = record.args
        log_data.update({name: atoms[letter] for letter, name in _ATOMS.items()})
        log_data["seconds"] = float(atoms["L"])
        log_data["request_id"] = atoms["{x-request-id}o"]


class GunicornLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(WithoutQuery())
        if not environment.log_as_json():
            return
        for handler in self.error_log.handlers:
            handler.setFormatter(JSONLines())
        for handler in self.access_log.handlers:
            handler.setFormatter(AccessLines())
