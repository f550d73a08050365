"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, transaction

from catalog.cluster import distributed
from iiifsearch.doctor import cluster, disk, features, indexes, postgres, settings, tables, workers
from iiifsearch.doctor.asking import rows
from iiifsearch.doctor.findings import Check, Finding, Level, warning

#: These need no database.
OUTSIDE: tuple[Check, ...] = (
    settings.public_url,
    settings.trusted_proxies,
    features.exported_encoders,
    disk.pictures_folder,
)
#: These ask the server.
SERVER: tuple[Check, ...] = (
    postgres.postgres,
    postgres.pgvector,
    postgres.connections,
    postgres.clock,
    postgres.prewarm,
    postgres.migrations,
)
#: These ask for our tables.
TABLES: tuple[Check, ...] = (
    indexes.live_indexes,
    indexes.broken_indexes,
    indexes.build_memory,
    indexes.shared_memory,
    indexes.cached,
    tables.dead_rows,
    tables.statistics,
    tables.rewritten,
    features.features,
    features.versions,
    disk.database_folder,
    workers.workers,
    workers.jobs,
)
#: These ask a cluster, where there is one.
CLUSTER: tuple[Check, ...] = (cluster.layout, cluster.shards, cluster.nodes)
CHECKS: tuple[Check, ...] = (settings.settings_are_right, *OUTSIDE, *SERVER, *TABLES)

#: Nobody waits for a lock, or long for an answer.
_PATIENCE = (
    "SELECT set_config('statement_timeout', '10s', true), set_config('lock_timeout', '1s', true)"
)


def examine() -> Iterator[tuple[str, Finding]]:
    """What every check finds, with the check's name. Where the options are wrong, nothing else can
    be looked at; where the database cannot be reached or is not migrated, what lies outside it."""
    yield from _found(settings.settings_are_right)
    if any(one.is_serious() for one in settings.wrong_options()):
        return
    for check in OUTSIDE:
        yield from _found(check)
    away = postgres.reachable()
    if away is not None:
        yield postgres.postgres.__name__, away
        return
    ready = True
    for check in SERVER:
        for name, finding in _asked(check):
            ready &= (check, finding.level) != (postgres.migrations, Level.ERROR)
            yield name, finding
    for check in TABLES if ready else ():
        yield from _asked(check)
    for check in CLUSTER if ready and distributed() else ():
        yield from _asked(check)


def _asked(check: Check) -> list[tuple[str, Finding]]:
    """Of a check that asks the database, which may refuse."""
    name = check.__name__
    try:
        with transaction.atomic():
            rows(_PATIENCE)
            return list(_found(check))
    except DatabaseError as error:
        said = str(error).strip().partition("\n")[0]
        advice = "The user of DATABASE_URL must own the tables. If it takes long: try again later."
        return [(name, warning(name, f"This could not be looked at: {said}", advice))]


def _found(check: Check) -> Iterator[tuple[str, Finding]]:
    for finding in check():
        yield check.__name__, finding
