"""The database server: there at all, new enough, migrated, with room for connections, on time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from django.db import OperationalError, connection
from django.utils import timezone

from iiifsearch.doctor.asking import embedded, one, rows
from iiifsearch.doctor.findings import Finding, error, note, ok, warning
from iiifsearch.health import lacks_migrations

OLDEST_POSTGRES = 15
OLDEST_PGVECTOR = (0, 8, 4)
#: What pgvector repaired since 0.8.0, the first that can walk on through a graph.
FAULTS = {
    (0, 8, 2): "a build may overflow a buffer",
    (0, 8, 3): "a vacuum may damage an index",
    (0, 8, 4): "a vacuum may fail to repair a graph",
}
#: Seconds after which a server that does not answer is not reached.
_CONNECT_SECONDS = 5
_MOST_USED, _MOST_SECONDS_APART = 0.8, 5.0


def reachable() -> Finding | None:
    """None, or why not."""
    if connection.connection is None:
        connection.settings_dict.setdefault("OPTIONS", {}).setdefault(
            "connect_timeout", _CONNECT_SECONDS
        )
    try:
        connection.ensure_connection()
        one("SELECT 1")
    except OperationalError as reason:
        if embedded() is not None:
            advice = "Start it: manage.py postgres start"
        else:
            advice = (
                "See whether Postgres runs, and whether DATABASE_URL names its host, port, user, "
                "password and database: psql \"$DATABASE_URL\" -c 'SELECT 1'"
            )
        return error("postgres", f"The database cannot be reached: {str(reason).strip()}", advice)
    return None


def postgres() -> Iterator[Finding]:
    number = int(one("SHOW server_version_num"))
    version = one("SHOW server_version")
    if number < OLDEST_POSTGRES * 10_000:
        yield error(
            "postgres",
            f"Postgres {version} is older than {OLDEST_POSTGRES}.",
            "Upgrade it (pg_upgrade), or: manage.py backup FILE, then manage.py restore FILE "
            "with a newer server.",
        )
    else:
        yield ok("postgres", f"Postgres {version}.")
    if one("SHOW autovacuum") != "on":
        yield warning(
            "postgres",
            "autovacuum is off: dead rows pile up, and the planner's numbers grow old.",
            "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();",
        )


def parts(version: str) -> tuple[int, ...]:
    """ "0.8.10-dev" -> (0, 8, 10)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0])[:4])


def pgvector() -> Iterator[Finding]:
    found = rows(
        "SELECT installed_version, default_version FROM pg_available_extensions "
        "WHERE name = 'vector'"
    )
    if not found:
        yield error(
            "pgvector",
            "The server has no pgvector.",
            f"Install pgvector {_dotted(OLDEST_PGVECTOR)} or newer on the database server, then as "
            "a superuser: CREATE EXTENSION vector;",
        )
        return
    installed, available = found[0]
    if installed is None:
        yield error(
            "pgvector",
            "The extension vector is not in this database.",
            "As a superuser, in it: CREATE EXTENSION vector;",
        )
        return
    now = parts(installed)
    if now >= OLDEST_PGVECTOR:
        yield ok("pgvector", f"pgvector {installed}.")
        return
    faults = "; ".join(what for since, what in FAULTS.items() if now < since)
    if parts(available or "") >= OLDEST_PGVECTOR:
        advice = "As a superuser: ALTER EXTENSION vector UPDATE;"
    else:
        advice = (
            f"Install pgvector {_dotted(OLDEST_PGVECTOR)} or newer on the database server, then as "
            "a superuser: ALTER EXTENSION vector UPDATE;"
        )
    yield error("pgvector", f"pgvector {installed} has known faults: {faults}.", advice)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def migrations() -> Iterator[Finding]:
    if lacks_migrations():
        yield error(
            "migrations",
            "The database lacks migrations that the code has: its tables were not looked at.",
            "manage.py migrate",
        )
    else:
        yield ok("migrations", "All are applied.")


def connections() -> Iterator[Finding]:
    """Web threads and workers of other machines are not known: what is open now is."""
    ((used, most),) = rows(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
        "current_setting('max_connections')::int "
        "- current_setting('superuser_reserved_connections')::int"
    )
    text = f"{used} of {most} connections are open."
    if used >= _MOST_USED * most:
        yield warning(
            "connections",
            text,
            "Raise max_connections of Postgres above the number of web threads plus --concurrency "
            "and some eight for each worker, and restart it.",
        )
    else:
        yield ok("connections", text)


def clock() -> Iterator[Finding]:
    before = timezone.now()
    theirs = one("SELECT clock_timestamp()")
    after = timezone.now()
    apart = max(before - theirs, theirs - after, timedelta())
    seconds = apart.total_seconds()
    if seconds > _MOST_SECONDS_APART:
        yield warning(
            "clock",
            f"The clocks of the database and of this machine are {seconds:,.0f} seconds apart: "
            "jobs are begun early or late, and workers may be taken for dead.",
            "Let both follow a time server: timedatectl set-ntp true",
        )
    else:
        yield ok("clock", "The database has the time of this machine.")


def prewarm() -> Iterator[Finding]:
    """Whether indexes can be loaded into memory before the first visitor asks."""
    installed = rows(
        "SELECT installed_version IS NOT NULL FROM pg_available_extensions "
        "WHERE name = 'pg_prewarm'"
    )
    if not installed:
        yield note(
            "prewarm",
            "The server has no pg_prewarm: after a restart the first searches read the indexes "
            "from the disk.",
            "Nothing needs to be done. Debian and Ubuntu have it in postgresql-contrib.",
        )
        return
    first = "" if installed[0][0] else "As a superuser, once: CREATE EXTENSION pg_prewarm;"
    yield ok(
        "prewarm",
        f"After a restart a worker loads the indexes with pg_prewarm. {first}".strip(),
    )
