"""Where the time of a request goes: the product's own functions, each with a clock.

A request goes through the whole stack of Django in this process, without a server before it. What
a step spends in another step is that one's: each second counts once. Statements are timed where
Django hands them to psycopg, which waits there for all of their rows.
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from benchmarks.users import Question

#: In the order of a request. "other": Django's middleware, routing, and what has no name here.
STEPS = (
    "parsing", "picture", "encoding", "SQL", "fusion", "verification", "serialising", "other",
)  # fmt: skip


@dataclass
class Clock:
    """Seconds by step of one request; and the number of its statements."""

    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))
    statements: int = 0
    _within: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Until its end, time is that of ``name``, but for the steps within."""
        self._turn()
        self._within.append(name)
        try:
            yield
        finally:
            self._turn()
            self._within.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._within:
            self.spent[self._within[-1]] += now - self._since
        self._since = now

    def timing(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return function(*args, **kwargs)

        return timed

    def statement(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.statements += 1
        with self.step("SQL"):
            return execute(*args)


def _places() -> list[tuple[Any, str, str]]:
    """Where a step is called from: object, attribute, step."""
    from rest_framework import renderers, request, serializers

    from catalog import images
    from iiifsearch import compression
    from iiifsearch.api import asked, searching
    from iiifsearch.engine import search, words
    from ml import runtime

    return [
        (request.Request, "_load_data_and_files", "parsing"),
        (serializers.BaseSerializer, "is_valid", "parsing"),
        (searching, "likeness_query", "parsing"),
        (searching, "scope_of", "parsing"),
        (words, "parse", "parsing"),
        (asked, "picture_of_upload", "picture"),
        (images, "pixels", "picture"),
        (runtime.Encoder, "encode", "encoding"),
        (search, "scored", "fusion"),
        (search, "told", "fusion"),
        (search, "ranked", "fusion"),
        (searching, "checked", "verification"),
        (searching, "answer_json", "serialising"),
        (renderers.JSONRenderer, "render", "serialising"),
        (compression.GZipTextMiddleware, "process_response", "serialising"),
    ]


class InProcess:
    """Asks the application in this process. ``last``: what it answered to the last question."""

    def __init__(self) -> None:
        from django.test import Client

        self._client = Client(HTTP_HOST="127.0.0.1", HTTP_ACCEPT_ENCODING="gzip")
        self._asked, self.last = 0, dict[str, Any]()

    def ask(self, question: Question) -> Clock:
        from django.db import connection

        self._asked += 1
        visitor = f"10.{self._asked >> 16 & 255}.{self._asked >> 8 & 255}.{self._asked & 255}"
        clock = Clock()
        with ExitStack() as stack:
            for owner, name, step in _places():
                made = clock.timing(step, getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, made))
            stack.enter_context(connection.execute_wrapper(clock.statement))
            with clock.step("other"):
                if question.body:
                    body = base64.b64decode(question.body)
                    response = self._client.post(
                        question.path, body, question.content_type, REMOTE_ADDR=visitor
                    )
                else:
                    response = self._client.get(question.path, REMOTE_ADDR=visitor)
        if response.status_code != 200:
            raise SystemExit(f"{question.path} answered {response.status_code}.")
        data = response.content
        packed = response.headers.get("Content-Encoding") == "gzip"
        self.last = json.loads(gzip.decompress(data) if packed else data)
        return clock
