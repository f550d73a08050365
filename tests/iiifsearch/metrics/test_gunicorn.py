"""The metrics of a real web server of two processes."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from tests.gunicorn import gunicorn
from tests.iiifsearch.test_worker import wait_until

TOKEN = "only Prometheus knows"
OURS = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

pytestmark = [
    pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL is another server"),
    pytest.mark.django_db(transaction=True),
]


def scrape(client: httpx.Client) -> Samples:
    response = client.get("/metrics", headers=OURS)
    assert response.status_code == 200, response.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def pids(samples: Samples) -> set[int]:
    name = "process_resident_memory_bytes"
    return {int(dict(labels)["pid"]) for (found, labels) in samples if found == name}


def _gone(pid: int, client: httpx.Client) -> bool:
    try:
        return pid not in pids(scrape(client))
    except httpx.TransportError:  # the connection was one to that process
        return False


def test_all_processes_are_told_of_by_any_of_them(encoders: Path, tmp_path: Path) -> None:
    with gunicorn(tmp_path, "--workers=2", IIIFSEARCH_METRICS_TOKEN=TOKEN) as client:
        before = scrape(client)
        for n in range(20):
            found = client.get("/api/search/", params={"q": f"Quillfeather {n}"})
            assert found.status_code == 200
        client.get("/nowhere")
        told = scrape(client)
        view = {"view": "api-search", "method": "GET"}
        assert value(told, "iiifsearch_http_requests_total", **view, status="2xx") == 20
        assert value(told, "iiifsearch_http_request_seconds_count", **view) == 20
        lost = {"view": "none", "method": "GET", "status": "4xx"}
        assert value(told, "iiifsearch_http_requests_total", **lost) == 1
        # Each process made one search before it took requests.
        name = "iiifsearch_search_seconds_count"
        assert value(told, name, kind="words") - value(before, name, kind="words") in (20, 21)
        assert value(told, "iiifsearch_search_stage_seconds_count", stage="encoding") >= 40
        # The scrape itself is being answered.
        assert value(told, "iiifsearch_http_requests_in_progress") == 1
        wait_until(lambda: len(pids(scrape(client))) == 2, 30)
        assert all(
            10e6 < size < 4e9
            for (found, _), size in scrape(client).items()
            if found == "process_resident_memory_bytes"
        )
        assert not any("Quillfeather" in f"{labels}" for _, labels in told)

        # One that is killed takes back what it was doing, not what it has done.
        victim = sorted(pids(scrape(client)))[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: _gone(victim, client), 30)
        again = scrape(client)
        assert value(again, "iiifsearch_http_requests_total", **view, status="2xx") == 20
        assert value(again, "iiifsearch_http_requests_in_progress") == 1
        (folder,) = (tmp_path / "metrics").iterdir()
        wait_until(lambda: not list(folder.glob(f"gauge_live*_{victim}.db")), 30)

    # The next one begins with nothing, and takes away what is left of the first.
    with gunicorn(tmp_path, IIIFSEARCH_METRICS_TOKEN=TOKEN) as client:
        assert value(scrape(client), "iiifsearch_http_requests_total", **view, status="2xx") == 0
        (now,) = (tmp_path / "metrics").iterdir()
        assert now != folder


def test_nothing_is_measured_unasked(encoders: Path, tmp_path: Path) -> None:
    with gunicorn(tmp_path) as client:
        assert client.get("/metrics", headers=OURS).status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer"}).status_code == 404
    assert not (tmp_path / "metrics").exists()


def test_ids_of_requests_are_in_answers(encoders: Path, tmp_path: Path) -> None:
    with gunicorn(tmp_path) as client:
        first, second = (client.get("/health/live").headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first) and first != second
