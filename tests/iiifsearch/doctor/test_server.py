"""The database server, the settings, the disks, the exports and the workers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.doctor import disk, features, postgres, settings, workers
from iiifsearch.doctor.asking import size
from iiifsearch.doctor.findings import Level
from ml import exports, registry
from tests.iiifsearch.doctor.told import execute, levels, told


@given(st.lists(st.integers(0, 999), min_size=1, max_size=4))
def test_versions_are_read(numbers: list[int]) -> None:
    written = ".".join(map(str, numbers))
    assert postgres.parts(written) == postgres.parts(f"{written}-dev5") == tuple(numbers)


def test_sizes_are_told_in_words() -> None:
    assert [size(count) for count in (0, 1023, 2048, 3 * 2**20, 5.5 * 2**30, 2**42)] == [
        *("0 bytes", "1,023 bytes", "2 kB", "3.0 MB", "5.5 GB", "4,096.0 GB"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("version", "level", "faults"),
    [("0.8.0", "error", 3), ("0.8.2", "error", 2), ("0.8.3", "error", 1), ("0.8.4", "ok", 0)],
)
def test_faults_of_pgvector(version: str, level: str, faults: int) -> None:
    execute(f"UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'vector'")
    found = told(postgres.pgvector)["pgvector"]
    assert found.level == level
    assert sum(fault in found.text for fault in postgres.FAULTS.values()) == faults
    assert ("ALTER EXTENSION vector UPDATE;" in found.advice) == (level == "error")


@pytest.mark.django_db
def test_no_pgvector_in_the_database() -> None:
    execute("UPDATE pg_extension SET extname = 'other' WHERE extname = 'vector'")
    found = told(postgres.pgvector)["pgvector"]
    assert found.level == "error" and "CREATE EXTENSION vector;" in found.advice


@pytest.mark.django_db
def test_clocks_that_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(postgres.clock) == {"ok"}
    late = timezone.now() - timedelta(minutes=3)
    monkeypatch.setattr(timezone, "now", lambda: late)
    found = told(postgres.clock)["clock"]
    assert found.level == "warning" and "18" in found.text and "timedatectl" in found.advice


@pytest.mark.django_db
def test_connections_that_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(postgres.connections) == {"ok"}
    monkeypatch.setattr(postgres, "_MOST_USED", 0.001)
    assert "max_connections" in told(postgres.connections)["connections"].advice


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("http://localhost:8000", "note"),
        ("http://[::1]", "note"),
        ("http://paintings.example.org", "warning"),
        ("https://paintings.example.org/iiif", "ok"),
    ],
)
def test_public_urls(url: str, level: str, settings: Any) -> None:
    from iiifsearch.doctor.settings import public_url

    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "public_url": url}
    settings.DEBUG = False
    assert levels(public_url) == {level}
    settings.DEBUG = True
    assert "warning" in levels(public_url)


@pytest.mark.parametrize(
    ("count", "behind", "level"),
    [
        *((0, False, "ok"), (1, True, "ok"), (0, True, "warning")),
        *((1, False, "warning"), (-1, False, "error"), (9, True, "warning")),
    ],
)
def test_trusted_proxies(count: int, behind: bool, level: str, settings: Any) -> None:
    from iiifsearch.doctor.settings import trusted_proxies

    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "trusted_proxies": count}
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if behind else None
    assert levels(trusted_proxies) == {level}


def test_settings_that_are_right() -> None:
    assert levels(settings.settings_are_right) == {"ok"}


def test_exports_that_are_damaged_or_missing(
    encoder_cache: Path, tmp_path: Path, settings: Any
) -> None:
    shutil.copytree(encoder_cache, tmp_path / "encoders")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path / "encoders"}
    assert levels(features.exported_encoders) == {"ok"}
    text, picture = registry.get("minilm"), registry.get("efficientnet-lite0")
    damaged = exports.onnx_path(text, tmp_path / "encoders")
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    exports.onnx_path(picture, tmp_path / "encoders").unlink()
    found = told(features.exported_encoders)
    assert set(found) == {text.key, picture.key}
    assert f"rm {damaged}; manage.py encoders minilm" in found[text.key].advice
    assert found[picture.key].advice == "manage.py encoders efficientnet-lite0"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.getuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_nearly_full(small_disk: Path, settings: Any) -> None:
    pictures = small_disk / "to" / "be" / "made"
    settings.CATALOG = {**settings.CATALOG, "storage": pictures}
    assert disk.free_of(pictures) == 2**20
    assert levels(disk.pictures_folder) == {"ok"}
    assert disk.room_in("x", pictures, 2**20 + 1, "Make room.").level == Level.WARNING
    (small_disk / "large").write_bytes(bytes(950_000))
    found = told(disk.pictures_folder)["pictures_folder"]
    assert found.level == "warning" and "less than 10%" in found.text
    assert "max_storage_bytes" in found.advice


@pytest.mark.django_db
def test_the_folder_of_a_server_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "are free" in told(disk.database_folder)["database_folder"].text
    monkeypatch.setattr(django_settings, "EMBEDDED_POSTGRES", None)
    assert levels(disk.database_folder) == {"note"}


@pytest.mark.django_db
def test_workers_that_are_alive() -> None:
    execute("DELETE FROM procrastinate_workers")
    execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 minutes')"
    )
    assert levels(workers.workers) == {"warning"}
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert levels(workers.workers) == {"ok"}


@pytest.mark.django_db
def test_jobs_that_wait_for_long() -> None:
    execute("DELETE FROM procrastinate_jobs")
    execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES "
        "('fetch', 'x', now() - interval '1 minute'), ('fetch', 'x', now() + interval '1 hour'), "
        "('index', 'x', NULL)"
    )
    assert levels(workers.jobs) == {"ok"}
    execute("UPDATE procrastinate_events SET at = now() - interval '2 hours'")
    found = told(workers.jobs)
    assert set(found) == {"index"} and "120 minutes" in found["index"].text
    assert found["index"].level == "warning"
    assert found["index"].advice.endswith("manage.py worker --queues index")
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) "
        "SELECT 'index', 'x', 'doing', max(id) FROM procrastinate_workers"
    )
    assert told(workers.jobs)["index"].level == "note"
