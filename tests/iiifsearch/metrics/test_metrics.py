"""What is measured, who may read it, and what stands in the database."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from procrastinate.contrib.django import app
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from catalog import http
from catalog.geometry import Rect
from iiifsearch.engine import search
from iiifsearch.engine.query import Example, Query
from iiifsearch.engine.recognise import recognise
from iiifsearch.index.everything import index_everything
from iiifsearch.metrics import library as told_of_library
from iiifsearch.metrics import measures
from tests.iiifsearch.conftest import Library
from tests.manifests import manifest_3
from tests.pictures import picture
from tests.servers import museum

TOKEN = "a secret of this test"
COMMENT = "Three fishing boats lie on the shore. Above them hangs a pale and lonely moon."


@pytest.fixture
def on(settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "metrics_token": TOKEN}


@pytest.fixture
def client(on: None) -> Iterator[Client]:
    yield Client(headers={"Authorization": f"Bearer {TOKEN}"})


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def pixels(seed: int) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture(seed))).convert("RGB"))


def scrape(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    """Samples by name, then by the values of their labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        found.setdefault(family.name, {})
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


# -- who may read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN} ", f"bearer {TOKEN}", f"Token {TOKEN}", "Bearer é"],
)
def test_who_does_not_have_the_token_finds_nothing(on: None, header: str) -> None:
    assert Client(headers={"Authorization": header}).get("/metrics").status_code == 404
    assert Client().get("/metrics").status_code == 404


def test_without_a_token_nobody_reads(settings: Any) -> None:
    assert settings.IIIFSEARCH["metrics_token"] == ""
    for header in ("Bearer ", "Bearer", ""):
        assert Client(headers={"Authorization": header}).get("/metrics").status_code == 404


@pytest.mark.django_db
def test_it_is_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
    assert client.head("/metrics").status_code == 200


# -- requests and searches -----------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_told_by_view_and_never_by_path(client: Client, encoders: Path) -> None:
    asked = {"view": "api-search", "method": "GET"}
    before = value("iiifsearch_http_requests_total", **asked, status="4xx")
    seconds = value("iiifsearch_http_request_seconds_count", **asked)
    for _ in range(3):
        client.get("/api/search/?q=")
    client.get("/Quillfeather/")
    client.generic("BREW", "/health/live")
    assert value("iiifsearch_http_requests_total", **asked, status="4xx") == before + 3
    assert value("iiifsearch_http_request_seconds_count", **asked) == seconds + 3
    brewed = {"view": "iiifsearch.health.live", "method": "other", "status": "2xx"}
    assert value("iiifsearch_http_requests_total", **brewed) >= 1
    text = client.get("/metrics").content.decode()
    assert "Quillfeather" not in text and "BREW" not in text
    assert value("iiifsearch_http_requests_in_progress") == 0


@pytest.mark.django_db
def test_while_off_nothing_is_measured(encoders: Path) -> None:
    def counted() -> list[Any]:
        found = REGISTRY.collect()
        return [s for f in found if f.name.startswith("iiifsearch_") for s in f.samples if s.value]

    before = counted()
    Client().get("/api/search/?q=boat")
    measures.fetch_ended(outcome="fetched")
    with measures.batch("minilm", 3), measures.stage("fusion"):
        pass
    assert [s for s in counted() if not s.name.endswith("_created")] == [
        s for s in before if not s.name.endswith("_created")
    ]


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        ("words", lambda library: search.by_words("boats on the shore")),
        ("comment", lambda library: search.by_words(COMMENT)),
        ("canvas", lambda library: search.by_canvas(library.canvas("boats"))),
        ("upload", lambda library: search.by_picture(pixels(1))),
        ("drawn", lambda library: search.by_query(Query(palette=[("#ff0000", 1.0)]))),
        ("photo", lambda library: recognise(pixels(1))),
    ],
)
def test_searches_are_told_by_what_was_asked_with(
    on: None, library: Library, kind: str, ask: Any
) -> None:
    before = {k: value("iiifsearch_search_seconds_count", kind=k) for k in KINDS}
    ask(library)
    grown = {k for k in KINDS if value("iiifsearch_search_seconds_count", kind=k) > before[k]}
    assert grown == {kind}


KINDS = ("words", "comment", "canvas", "region", "upload", "drawn", "vectors", "detail", "photo")


def test_of_several_examples_the_dearest_names_the_search(library: Library) -> None:
    canvas = library.canvas("boats")
    part = Example(canvas=canvas, region=Rect(0, 0, canvas.width / 2, canvas.height / 2))
    assert Query([Example(canvas=canvas), part]).kind == "region"
    assert Query([part, Example(pixels=pixels(1))]).kind == "upload"
    assert Query([Example(vectors={})]).kind == "vectors"


def test_steps_of_a_search_are_told(on: None, library: Library, client: Client) -> None:
    steps = ("encoding", "full_text", "neighbours", "fusion", "writing")
    name = "iiifsearch_search_stage_seconds_count"
    before = [value(name, stage=step) for step in steps]
    client.get("/api/search/?q=boats")
    assert all(value(name, stage=s) > n for s, n in zip(steps, before, strict=True))


def test_a_step_that_fails_is_measured_too(on: None) -> None:
    before = value("iiifsearch_search_stage_seconds_count", stage="fusion")

    @measures.stage("fusion")
    def fails() -> None:
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            fails()
    assert value("iiifsearch_search_stage_seconds_count", stage="fusion") == before + 2


# -- the worker's --------------------------------------------------------------------------------


def test_batches_and_fetches_are_told(on: None, library: Library) -> None:
    batches = value("iiifsearch_encoder_batch_seconds_count", encoder="colour")
    inputs = value("iiifsearch_encoder_inputs_total", encoder="colour")
    texts = value("iiifsearch_encoder_inputs_total", encoder="minilm")
    fetched = value("iiifsearch_fetches_total", outcome="fetched")
    lost = value("iiifsearch_fetches_total", outcome="status-404")
    with museum() as server:
        library.server = server
        server.set("/n.jpg", picture(9), content_type="image/jpeg")
        comments = ("A lighthouse stands in the rain.",)
        made = manifest_3(server.base, "new", comments=comments, image="/n.jpg")
        library.harvest(library.add("new", made))
        with pytest.raises(http.StatusError):
            http.fetch(server.url("/nothing"), max_bytes=1000)
    index_everything()
    assert value("iiifsearch_encoder_inputs_total", encoder="colour") == inputs + 1
    assert value("iiifsearch_encoder_batch_seconds_count", encoder="colour") == batches + 1
    assert value("iiifsearch_encoder_inputs_total", encoder="minilm") > texts
    assert value("iiifsearch_fetches_total", outcome="fetched") == fetched + 2
    assert value("iiifsearch_fetches_total", outcome="status-404") == lost + 1


@given(st.integers(min_value=100, max_value=999))
def test_a_server_cannot_make_up_outcomes(status: int) -> None:
    """The known ones are some sixty."""
    with override_settings(IIIFSEARCH={"metrics_token": TOKEN}):
        measures.fetch_ended(outcome=f"status-{status}")
    family = next(f for f in REGISTRY.collect() if f.name == "iiifsearch_fetches")
    outcomes = {sample.labels["outcome"] for sample in family.samples}
    assert len(outcomes) < 80


# -- the library's -------------------------------------------------------------------------------


def test_the_library_is_told_from_estimates(client: Client, library: Library) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    told = scrape(client)
    assert told["iiifsearch_rows_estimated"][("catalog_canvas",)] == 4
    assert told["iiifsearch_vectors_estimated"][("colour-1",)] == 4
    assert told["iiifsearch_index_bytes"][("ann_colour_1",)] > 0
    assert told["iiifsearch_database_bytes"][()] > 1e6
    assert told["iiifsearch_pictures_free_bytes"][()] > 0
    assert told["iiifsearch_ready"][()] == told["iiifsearch_database_up"][()] == 1


@pytest.mark.django_db
def test_no_statement_walks_through_the_library(client: Client, encoders: Path) -> None:
    client.get("/metrics")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get("/metrics")
    said = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    said = [sql for sql in said if "statement_timeout" not in sql]
    assert len(said) < 14
    tables = {model._meta.db_table for model in (*told_of_library.TABLES, *told_of_library.VECTORS)}
    assert not any(
        f'FROM "{name}"' in sql or f"FROM {name}" in sql for sql in said for name in tables
    )


@pytest.mark.django_db
def test_jobs_and_workers_are_told(client: Client, encoders: Path) -> None:
    name = "iiifsearch.tasks.index"
    app.configure_task(name, queue="index", queueing_lock="now").defer()
    hour = {"hours": 1}
    app.configure_task(name, queue="extract", queueing_lock="later", schedule_in=hour).defer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '10 minutes'")
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )
    told = scrape(client)
    assert told["iiifsearch_jobs"] == {("index", "todo"): 1, ("extract", "todo"): 1}
    assert set(told["iiifsearch_oldest_job_age_seconds"]) == {("index",)}  # the other is not due
    assert 600 <= told["iiifsearch_oldest_job_age_seconds"][("index",)] < 660
    assert told["iiifsearch_workers"][()] == 1


@pytest.mark.django_db
def test_what_the_database_does_not_tell_is_left_out(
    client: Client, encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_of_library, "_DATABASE", "SELECT 1 / 0")
    told = scrape(client)
    assert told["iiifsearch_database_up"][()] == 0
    assert "iiifsearch_database_bytes" not in told
    assert told["iiifsearch_pictures_free_bytes"][()] > 0
