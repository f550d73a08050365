"""A web process that begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections

from iiifsearch import warm
from iiifsearch.encoders import live_names
from ml import runtime


@pytest.fixture(autouse=True)
def connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own connection stays."""
    monkeypatch.setattr(connections, "close_all", lambda: None)


@pytest.mark.django_db
def test_one_search_is_made(encoders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = warm.by_words
    monkeypatch.setattr(warm, "by_words", lambda query: (asked.append(query), real(query)))
    monkeypatch.setattr(runtime, "_loaded", {})
    warm.warm_up()
    assert asked == ["A painting of the sea."]
    assert {spec.name for spec, *_ in runtime._loaded} == {"minilm", "art-joint-text"}


@pytest.mark.django_db
def test_an_encoder_that_is_not_ready_is_told(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path}
    warm.warm_up()
    assert "minilm-1 has no current ONNX export" in caplog.text


def test_live_encoders_are_named_once() -> None:
    names = live_names()
    assert len(names) == len(set(names))
    assert {"art-joint", "art-joint-text", "minilm", "efficientnet-lite0-regions"} <= set(names)


def test_without_a_database_it_starts_all_the_same(
    encoders: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(query: str) -> Any:
        raise DatabaseError("the database is restarting")

    monkeypatch.setattr(warm, "by_words", fails)
    warm.warm_up()
    assert "the database is restarting" in caplog.text
