"""What a web server does before it takes requests: what is loaded before it forks, its processes
share; and no first visitor waits."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connections
from django.urls import get_resolver

from iiifsearch.conf import options
from iiifsearch.encoders import encoder, live_names, region_encoder
from iiifsearch.engine.search import by_words
from ml import registry
from ml.errors import MLError

log = logging.getLogger(__name__)


def load() -> None:
    """All views, and all that searches encode with, before the server forks: none has threads,
    which would stay behind, and what only is read is one memory for all processes. Asks no
    database. What cannot be loaded is told, and whoever needs it will say so again."""
    get_resolver().url_patterns  # noqa: B018 - reading it imports them
    for name in live_names():
        try:
            if name == options.region_encoder:
                region_encoder(registry.get(name))
            else:
                encoder(name)
        except MLError as error:
            log.warning("%s is not loaded: %s", name, error)


def warm_up() -> None:
    """Search once: that connects, and brings the top of the indexes into memory. What fails is
    told, and keeps nothing from starting."""
    try:
        by_words("A painting of the sea.")
    except (DatabaseError, MLError) as error:
        log.warning("The first search will take longer: %s", error)
    finally:
        connections.close_all()  # made before the process takes its requests
