"""Background jobs: services called, nothing decided."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from iiifsearch.index.extract import index_everything

log = logging.getLogger(__name__)


@app.task(queue="index", lock="index", queueing_lock="index")
def index() -> None:
    """Make whatever features are missing. Found work is walked through once; running it twice
    does nothing twice."""
    counts = index_everything()
    if counts.total:
        log.info("Indexed: %s", counts)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="index", lock="index", queueing_lock="index-periodic", pass_context=False)
def index_periodically(timestamp: int) -> None:
    """What a lost signal, a killed worker or a due retry left behind."""
    index_everything()


def wake(**_: Any) -> None:
    """Have the index look for work, once the current transaction has committed."""
    transaction.on_commit(_enqueue)


def _enqueue() -> None:
    with contextlib.suppress(AlreadyEnqueued):  # the job that waits will find this work too
        index.defer()
