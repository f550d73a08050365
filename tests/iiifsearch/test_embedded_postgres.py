"""The wrapper around the embedded Postgres: starts, starts again, stops, says what is wrong."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from iiifsearch import embedded_postgres
from iiifsearch.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter, as Postgres does not run as root; with a space in it."""
    made = Path(tempfile.mkdtemp(prefix="embedded postgres "))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_starts_once_and_stops(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data")
    assert not server.running()
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: server.start(), range(4)))
    try:
        assert sorted(started) == [False, False, False, True]
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE EXTENSION vector")
            row = connection.execute("SHOW listen_addresses").fetchone()
        assert row == ("",)
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    finally:
        assert server.stop()
    assert not server.stop()
    assert server.start()  # what was there is there again
    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT count(*) FROM pg_extension").fetchone()
    assert row == (2,)
    server.stop()


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("long" * 30) / "data")
    assert len(str(server.socket_folder)) < 100
    server.start()
    try:
        assert server.running()
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder, ignore_errors=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs another user for the server")
def test_a_folder_that_the_server_cannot_enter_is_named(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedPostgresError, match=r"closed.*DATABASE_URL"):
        EmbeddedPostgres(closed / "data").start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert embedded_postgres.main(["status", str(folder / "data")]) == 0
    assert capsys.readouterr().out.startswith("stopped: postgresql://")
