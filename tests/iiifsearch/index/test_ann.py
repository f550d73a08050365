"""The HNSW indexes: how they are built, and built anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from iiifsearch.index import ann
from tests.iiifsearch.vectors import INDEX, fill


def options() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [INDEX.name])
        (found,) = cursor.fetchone()
    return sorted(found)


@pytest.mark.django_db
def test_what_an_earlier_version_built_is_built_anew_as_it_is_now() -> None:
    fill(200)
    assert ann.build(replace(INDEX, m=8))
    assert options() == ["ef_construction=96", "m=8"]
    assert ann.build_alone(INDEX)
    assert options() == ["ef_construction=96", f"m={ann.M}"]
