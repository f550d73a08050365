"""Lines of the logs: as JSON, with what they are about, and never with what people search for."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from catalog.harvest.run import request as request_harvest
from catalog.models import HarvestRun
from iiifsearch.gunicorn_log import WithoutQuery
from iiifsearch.logs import AboutFilter, JSONLines, about
from iiifsearch.request_id import RequestIDMiddleware
from tests.gunicorn import environment, free_port, gunicorn
from tests.iiifsearch.test_worker import wait_until
from tests.servers import museum

ROOT = Path(__file__).parent.parent.parent
SECRET = "Quillfeather"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What all loggers write, as JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JSONLines())
    handler.addFilter(AboutFilter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def told(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_object(lines: io.StringIO) -> None:
    with about(request_id="r1"), about(job_id=7):
        logging.getLogger("a.b").warning("Two\nlines of %s", "é", extra={"host": "museum.example"})
    (line,) = told(lines)
    at = datetime.fromisoformat(line.pop("time"))
    assert at.utcoffset() is not None and not at.utcoffset()
    assert line == {
        "level": "WARNING",
        "logger": "a.b",
        "message": "Two\nlines of é",
        "request_id": "r1",
        "job_id": 7,
        "host": "museum.example",
    }


def test_what_lines_are_about_ends(lines: io.StringIO) -> None:
    with pytest.raises(ValueError), about(job_id=7):
        raise ValueError
    logging.getLogger("a").warning("later")
    assert "job_id" not in told(lines)[0]


def test_a_traceback_is_in_its_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("of this test")
    except ValueError:
        logging.getLogger("a").exception("failed")
    (line,) = told(lines)
    assert "ValueError: of this test" in line["exc_info"]


@given(st.text())
def test_whatever_is_said_is_one_line(said: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 0, said, (), None)
    line = JSONLines().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == said


# -- requests ------------------------------------------------------------------------------------


def test_every_answer_says_its_id() -> None:
    first, second = (Client().get("/health/live").headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first) and first != second


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        (1, "abc-123", True),
        (1, "a" * 64, True),
        (1, "a" * 65, False),
        (1, "a b", False),
        (1, "a\n", False),
        (1, "é", False),
        (1, "", False),
        (0, "abc-123", False),
    ],
)
def test_an_id_is_believed_of_a_proxy(proxies: int, given: str, kept: bool, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "trusted_proxies": proxies}
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> Any:
        seen.append(request)
        return {}

    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=given)
    response: Any = RequestIDMiddleware(answer)(request)
    assert (response["X-Request-ID"] == given) is kept
    assert seen[0].request_id == response["X-Request-ID"]  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_lines_of_a_request_have_its_id_and_not_its_query(
    lines: io.StringIO, encoders: Path
) -> None:
    client = Client(raise_request_exception=False)
    answers = [
        client.get(f"/api/search/?q={SECRET}"),
        client.get(f"/?q={SECRET}"),
        client.get(f"/iiif/search/2/library?q={SECRET}&canvas=%00"),
        client.get(f"/nowhere/?q={SECRET}"),
        client.get(f"/api/search/?q={SECRET}&limit=nonsense"),
        client.post("/api/search/", {"q": SECRET}),
        client.get(f"/api/similar/?canvas={SECRET}"),
    ]
    assert {400, 404, 405} <= {answer.status_code for answer in answers}
    ids = {answer.headers["X-Request-ID"] for answer in answers if answer.status_code == 404}
    found = told(lines)
    assert ids & {line.get("request_id") for line in found if line["logger"] == "django.request"}
    ours = [line for line in found if line["logger"] != "django.db.backends"]
    assert ours and not any(SECRET in json.dumps(line) for line in ours)


def test_what_gunicorn_quotes_of_a_bad_request_loses_its_query() -> None:
    for said, args in (
        ("Error handling request %s %s", ("GET", f"/?q={SECRET}&x")),
        (f"Invalid request from ip=1.2.3.4: Invalid HTTP request line: 'GET /a?q={SECRET} X'", ()),
    ):
        record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, said, args, None)
        assert WithoutQuery().filter(record)
        assert SECRET not in record.getMessage() and "?…" in record.getMessage()


def test_a_format_that_is_none_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from iiifsearch.settings import environment as e; e.log_as_json()"],
        cwd=ROOT,
        env={"IIIFSEARCH_LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "IIIFSEARCH_LOG_FORMAT='xml' is neither text nor json." in done.stderr


# -- the real processes --------------------------------------------------------------------------


embedded = pytest.mark.skipif(
    settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL names another server"
)


@embedded
@pytest.mark.django_db(transaction=True)
def test_every_line_of_a_web_server_is_json(encoders: Path, tmp_path: Path) -> None:
    json_lines = {"IIIFSEARCH_LOG_FORMAT": "json", "IIIFSEARCH_LOG_LEVEL": "INFO"}
    with gunicorn(tmp_path, "--access-logfile=-", "--log-level=info", **json_lines) as client:
        answer = client.get("/api/search/", params={"q": SECRET})
        lost = client.get("/nowhere/", params={"q": SECRET}, headers={"Referer": f"/?{SECRET}"})
        assert client.get("/api/search/?q=" + "a" * 9000).status_code == 414
    written = (tmp_path / "log").read_text()
    found = [json.loads(line) for line in written.splitlines()]
    assert SECRET not in written
    access = {line["request_id"]: line for line in found if line["logger"] == "gunicorn.access"}
    line = access[answer.headers["X-Request-ID"]]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/search/", "200")
    assert line["bytes"] > 0 and line["seconds"] >= 0 and line["remote"] == "127.0.0.1"
    same = [line for line in found if line.get("request_id") == lost.headers["X-Request-ID"]]
    assert {line["logger"] for line in same} == {"gunicorn.access", "django.request"}


@embedded
@pytest.mark.django_db(transaction=True)
def test_lines_of_a_job_name_it_and_its_run(encoders: Path, tmp_path: Path) -> None:
    port = free_port()
    made = environment(
        tmp_path,
        IIIFSEARCH_LOG_FORMAT="json",
        IIIFSEARCH_LOG_LEVEL="INFO",
        IIIFSEARCH_WORKER_METRICS_PORT=str(port),
    )
    command = [sys.executable, "manage.py", "worker", "--queues", "harvest"]
    with museum() as server, (tmp_path / "log").open("wb") as log:
        run = request_harvest(server.url("/nothing.json"))
        process = subprocess.Popen(command, cwd=ROOT, env=made, stdout=log, stderr=log)
        try:
            wait_until(lambda: HarvestRun.objects.get(pk=run.pk).state == "failed", 60)
            told = {("task", "catalog.tasks.harvest"), ("outcome", "done")}
            url = f"http://127.0.0.1:{port}/metrics"
            wait_until(
                lambda: jobs(httpx.get(url, trust_env=False).text).get(frozenset(told)) == 1, 30
            )
            second = subprocess.run(command, cwd=ROOT, env=made, capture_output=True, text=True)
            assert second.returncode == 1
            assert (
                "each worker of a machine needs an IIIFSEARCH_WORKER_METRICS_PORT" in second.stderr
            )
        finally:
            process.terminate()
            process.wait(30)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    named = [line for line in lines if line.get("task") == "catalog.tasks.harvest"]
    assert named and all(line["run_id"] == run.pk and line["job_id"] for line in named)


def jobs(scraped: str) -> dict[frozenset[tuple[str, str]], float]:
    """How many jobs ended, by task and outcome."""
    return {
        frozenset(sample.labels.items()): sample.value
        for family in text_string_to_metric_families(scraped)
        for sample in family.samples
        if sample.name == "iiifsearch_job_seconds_count"
    }
