"""What a web process does before it takes requests, so that its first visitor does not wait."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connections
from django.urls import get_resolver

from iiifsearch.engine.search import by_words
from ml.errors import MLError

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Import all views, and search once: that loads what reads queries, and brings the top of the
    indexes into memory. What fails is told, and keeps nothing from starting."""
    get_resolver().url_patterns  # noqa: B018 - reading it imports them
    try:
        by_words("A painting of the sea.")
    except (DatabaseError, MLError) as error:
        log.warning("The first search will take longer: %s", error)
    finally:
        connections.close_all()  # made before the process takes its requests
