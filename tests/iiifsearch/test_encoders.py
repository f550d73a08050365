"""What is loaded before anybody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iiifsearch import encoders
from ml import runtime


def test_what_reads_queries_is_loaded_before_the_first(
    encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_loaded", {})
    from iiifsearch.encoders import warm_up

    warm_up()
    assert {spec.name for spec, *_ in runtime._loaded} == {"minilm", "art-joint-text"}


def test_what_is_not_ready_is_told_and_keeps_nothing_from_starting(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path}
    encoders.warm_up()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and all("Searches by meaning will fail" in line for line in told)
    assert "minilm-1 has no current ONNX export" in told[0]


def test_live_encoders_are_named_once() -> None:
    names = encoders.live_names()
    assert len(names) == len(set(names))
    assert {"art-joint", "art-joint-text", "minilm", "efficientnet-lite0-regions"} <= set(names)
