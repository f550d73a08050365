"""What is counted and timed as it happens. Nothing is while metrics are off.

No label holds what people search for, or who they are, or what they may choose freely: every label
has few values.
"""

from __future__ import annotations

import http
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from prometheus_client import Counter, Gauge, Histogram

from iiifsearch.conf import options

Kind = Literal[
    "words", "comment", "canvas", "region", "upload", "drawn", "vectors", "detail", "photo"
]
Stage = Literal["encoding", "full_text", "neighbours", "verification", "fusion", "writing"]

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 900, 1800, 3600)

REQUESTS = Counter(
    "iiifsearch_http_requests",
    "Answered requests, by the view that answered, method and class of status.",
    ["view", "method", "status"],
)
REQUEST_SECONDS = Histogram(
    "iiifsearch_http_request_seconds",
    "Seconds until the answer was made, by the view that made it.",
    ["view", "method"],
    buckets=_SHORT,
)
IN_PROGRESS = Gauge(
    "iiifsearch_http_requests_in_progress",
    "Requests that are being answered.",
    multiprocess_mode="livesum",
)
SEARCH_SECONDS = Histogram(
    "iiifsearch_search_seconds",
    "Seconds that the engine took of a search, by what was asked with.",
    ["kind"],
    buckets=_SHORT,
)
STAGE_SECONDS = Histogram(
    "iiifsearch_search_stage_seconds",
    "Seconds of one step of a search; a search may take a step several times.",
    ["stage"],
    buckets=_SHORT,
)
BATCH_SECONDS = Histogram(
    "iiifsearch_encoder_batch_seconds",
    "Seconds of encoding one batch for the index, by encoder.",
    ["encoder"],
    buckets=_SHORT,
)
INPUTS = Counter(
    "iiifsearch_encoder_inputs",
    "Pictures or texts that were encoded for the index, by encoder.",
    ["encoder"],
)
FETCHES = Counter(
    "iiifsearch_fetches",
    "Answers of other servers, or why there was none: fetched, unchanged, status-404, timeout ...",
    ["outcome"],
)
JOB_SECONDS = Histogram(
    "iiifsearch_job_seconds",
    "Seconds of one background job, by task and whether it ended well.",
    ["task", "outcome"],
    buckets=_LONG,
)


def on() -> bool:
    """Whether anybody may ask for the metrics of this installation."""
    return bool(options.metrics_token or options.worker_metrics_port)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe the seconds of what is within, also where that raises. A decorator, too."""
    if not on():
        yield
        return
    start = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - start)


def search(kind: Kind) -> Any:
    """A search by ``kind``: a context manager, or a decorator."""
    return timed(SEARCH_SECONDS.labels(kind))


def stage(name: Stage) -> Any:
    """A step of a search: a context manager, or a decorator."""
    return timed(STAGE_SECONDS.labels(name))


@contextmanager
def batch(encoder: str, inputs: int) -> Iterator[None]:
    """A batch of ``inputs`` pictures or texts that is encoded for the index."""
    with timed(BATCH_SECONDS.labels(encoder)):
        yield
    if on():
        INPUTS.labels(encoder).inc(inputs)


def fetch_ended(*, outcome: str, **_: Any) -> None:
    """For `catalog.signals.fetched`. A server may answer with any number: those that are no
    status of HTTP count as one."""
    if not on():
        return
    if outcome.startswith("status-") and outcome not in _KNOWN:
        outcome = "status-other"
    FETCHES.labels(outcome).inc()


_KNOWN = {f"status-{status.value}" for status in http.HTTPStatus}
