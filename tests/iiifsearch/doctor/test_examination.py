"""All checks together: what is run when, that nothing is scanned, and how the command tells it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from iiifsearch.doctor import examination, settings
from iiifsearch.doctor.examination import CHECKS, CLUSTER, OUTSIDE, SERVER, TABLES, examine
from iiifsearch.doctor.findings import Finding, Level
from tests.iiifsearch.doctor.told import execute
from tests.iiifsearch.vectors import fill

ROOT = Path(__file__).parent.parent.parent.parent


def command(*arguments: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


@pytest.mark.django_db
def test_every_check_says_something_of_a_new_library(encoder_cache: Path) -> None:
    found = list(examine())
    silent = {check.__name__ for check in CHECKS} - {name for name, _ in found}
    assert silent == set()
    assert [one for _, one in found if one.level == Level.ERROR] == []
    for _, one in found:
        assert one.about and one.text.endswith((".", ";"))
        assert one.level == Level.OK or one.advice


@pytest.mark.django_db
def test_no_table_that_grows_is_scanned_and_no_question_is_added_by_what_grows(
    encoder_cache: Path,
) -> None:
    fill(100)
    list(examine())  # what is looked up once in a process
    with CaptureQueriesContext(connection) as few:
        list(examine())
    fill(2000)
    with CaptureQueriesContext(connection) as many:
        list(examine())
    assert len(many) <= len(few)
    execute("SET LOCAL enable_seqscan = off")
    asked = [one["sql"] for one in many if one["sql"].startswith("SELECT")]
    assert len(asked) > 20
    for sql in asked:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        scanned = re.findall(r"(?:Seq|Bitmap Heap) Scan on (\w+)", plan)
        grown = [name for name in scanned if name.startswith(("catalog_", "iiifsearch_"))]
        assert grown == [], plan
        assert "Seq Scan on procrastinate_jobs" not in plan
        assert "Seq Scan on procrastinate_events" not in plan


@pytest.mark.django_db
def test_the_command_tells_and_advises(encoder_cache: Path) -> None:
    told, status = command()
    assert status == 0 and told.splitlines()[-1].startswith("0 errors, ")
    assert re.search(
        r"^warning workers: No worker is alive.*\n +-> .*manage.py worker$", told, re.M
    )
    listed, status = command("--json")
    found = json.loads(listed)
    assert status == 0 and {one["check"] for one in found} == {c.__name__ for c in CHECKS}
    assert set(found[0]) == {"check", "level", "about", "text", "advice"}


@pytest.mark.django_db
def test_an_error_is_the_status(encoder_cache: Path) -> None:
    execute("UPDATE pg_extension SET extversion = '0.8.1' WHERE extname = 'vector'")
    told, status = command()
    assert status == 1 and "error   pgvector: pgvector 0.8.1 has known faults" in told


def test_wrong_options_are_told_alone(settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": "much", "nonsense": 1}
    found = list(examine())
    assert {name for name, _ in found} == {"settings_are_right"}
    texts = [one.text for _, one in found]
    assert any("'much'" in text for text in texts) and any("'nonsense'" in text for text in texts)
    settings.IIIFSEARCH = {"image_encoders": ("nobody",)}
    assert any("nobody" in one.text for _, one in examine())


def test_a_database_that_is_away_is_one_finding(tmp_path: Path) -> None:
    environment = {
        **os.environ,  # noqa: TID251 - a child process has the environment of its parent
        "DATABASE_URL": "postgresql://somebody:secret@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.test",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr and "secret" not in done.stdout
    found = json.loads(done.stdout)
    (away,) = (one for one in found if one["check"] == "postgres")
    assert "cannot be reached" in away["text"] and "DATABASE_URL" in away["advice"]
    outside = {check.__name__ for check in OUTSIDE}
    assert {one["check"] for one in found} == {"settings_are_right", "postgres", *outside}


@pytest.mark.django_db
def test_without_migrations_the_tables_are_not_looked_at(encoder_cache: Path) -> None:
    execute(
        "DELETE FROM django_migrations WHERE app = 'iiifsearch' AND name = "
        "(SELECT max(name) FROM django_migrations WHERE app = 'iiifsearch')"
    )
    found = list(examine())
    assert [one.about for _, one in found if one.level == Level.ERROR] == ["migrations"]
    asked = {check.__name__ for check in (settings.settings_are_right, *OUTSIDE, *SERVER)}
    assert {name for name, _ in found} == asked


@pytest.mark.django_db
def test_a_check_that_is_refused_says_so(
    encoder_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that would wait for long."""

    def stuck() -> Any:
        execute("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(60)")
        yield Finding(Level.OK, "never", "reached")

    began = timezone.now()
    monkeypatch.setattr(examination, "TABLES", (stuck, *TABLES))
    found = dict(examine())
    assert found["stuck"].level == Level.WARNING and "statement timeout" in found["stuck"].text
    assert "jobs" in found and (timezone.now() - began).total_seconds() < 50


def test_the_doc_names_every_check() -> None:
    doc = (ROOT / "docs" / "operation.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", doc, re.MULTILINE)
    assert listed == [check.__name__ for check in (*CHECKS, *CLUSTER)]
