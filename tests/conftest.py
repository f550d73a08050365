"""Fixtures that every room's tests share: the database, the encoders, the evaluation data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils import translation

# A machine that is busy with other things is no failure.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def pytest_sessionstart() -> None:
    """What somebody added to this machine's encoders is not what is tested."""
    from ml import registry
    from ml.specs import Added

    for spec in registry.specs():
        if isinstance(spec.weights, Added):
            registry.forget(spec.space)


@pytest.fixture(scope="session", autouse=True)
def a_flush_leaves_nothing() -> Iterator[None]:
    """Django empties the tables that are its own. A job that a test committed, or an index that it
    built, would wait for the tests after it."""

    def clear(using: str, **_: Any) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'ann\\_%' "
                "AND pg_table_is_visible(oid)"
            )
            if names := [name for (name,) in cursor.fetchall()]:
                cursor.execute(f"DROP INDEX {', '.join(names)}")

    sender = apps.get_app_config("procrastinate")
    post_migrate.connect(clear, sender=sender, weak=False)
    yield
    post_migrate.disconnect(clear, sender=sender)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """A request's language stays with its thread; the next test begins in English."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start the embedded Postgres before the test database is made in it."""
    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.start()


@pytest.fixture(scope="session")
def encoder_cache() -> Path:
    """The folder of the exported encoders; made once, kept for the next run."""
    from iiifsearch.encoders import live_names
    from ml import exports, registry

    cache: Path = settings.IIIFSEARCH["encoder_cache"]
    for name in live_names():
        spec = registry.get(name)
        if not spec.handcrafted and not exports.intact(spec, cache):
            from ml.encoders import (
                export,
            )  # ten seconds of torch, which most runs of one test spare

            export.export(name, cache)
    return cache


@pytest.fixture
def encoders(encoder_cache: Path) -> Path:
    """For tests that search: the encoders are there."""
    return encoder_cache


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of third-party data that ``IIIFSEARCH_EVAL_DATA`` names."""
    if settings.EVAL_DATA is None or not settings.EVAL_DATA.is_dir():
        pytest.skip("IIIFSEARCH_EVAL_DATA names no folder of evaluation data")
    return settings.EVAL_DATA
