"""For orchestrators: ``/health/live`` says that this process answers, ``/health/ready`` that it
can do its work, and if not, what is missing."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from iiifsearch import answering
from iiifsearch.conf import options
from ml import runtime


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:
    lacking = missing()
    status = 503 if lacking else 200
    return JsonResponse(
        {"status": "not ready" if lacking else "ready", "missing": lacking}, status=status
    )


def lacks_migrations() -> bool:
    """Whether the code has migrations that the database has not. Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def missing() -> list[str]:
    """What keeps this process from doing its work, and what to do: a sentence each."""
    try:
        if lacks_migrations():
            return ["The database lacks migrations: run manage.py migrate."]
    except DatabaseError:
        return ["The database cannot be reached."]
    keys = {spec.key for one in answering.live() for spec in (one.answers, one.reader) if spec}
    return [
        f"The encoder {key} is not exported: run manage.py encoders."
        for key in sorted(keys)
        if not runtime.ready(key, options.encoder_cache)
    ]
