"""A space is added, fills up while another answers, and then takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from pytest import MonkeyPatch

from iiifsearch.encoders import encoder, joint, text_specs
from iiifsearch.engine import meaning
from iiifsearch.engine.scope import Scope
from iiifsearch.index.everything import index_everything
from iiifsearch.models import CanvasVector, CommentVector
from ml import runtime
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.joint import cut_off
from tests.ml.spaces import beside, forgotten, run


@pytest.fixture
def cache(library: Library, encoder_cache: Path, settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Exports of its own."""
    folder = beside(encoder_cache, tmp_path / "encoders")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": folder}
    with forgotten():
        yield folder


def told(*args: str) -> str:
    out = StringIO()
    call_command("spaces", *args, stdout=out)
    return out.getvalue()


def by_pictures(query: str) -> list[tuple[int, float]]:
    found = meaning.by_pictures(query, Scope())
    assert found is not None
    return [(hit.canvas_id, hit.score) for hit in found.found]


def test_one_takes_the_place_of_another(
    library: Library, cache: Path, settings: Any, tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    folder = run(tmp_path, cache, "bow", name="ours")
    said = told("add-trained", str(folder))
    assert said.startswith("Added: ours, 24 dimensions, with ours-text for texts.")
    assert 'put "ours" into IIIFSEARCH["image_encoders"], before the one' in said
    assert "ours: not live\n" in told() and "art-joint: live, and the one that answers;" in told()

    live = settings.IIIFSEARCH.get("image_encoders", ("efficientnet-lite0", "art-joint"))
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("ours", *live)}
    both = joint()
    assert both is not None and both[0].name == "art-joint"
    cut_off(monkeypatch, -1.0)
    assert len(by_pictures("boats in red")) == 4
    assert "ours: live; ours-1 of 0 in 4 canvases; ours-text-1 of 0 in 4 canvases\n" in told()
    index_everything()
    assert "ours-1 of 4 in 4 canvases; ours-text-1 of 4 in 4 canvases\n" in told()
    assert CommentVector.objects.filter(encoder="ours-text-1").exists()
    monkeypatch.undo()

    both = joint()
    assert both is not None and both[0].name == "ours" and len(text_specs()) == 3
    assert "ours: live, and the one that answers;" in told()
    cut_off(monkeypatch, -1.0)
    asked = encoder("ours-text").encode(["boats in red. A letter."])[0]
    expected = {
        row.canvas_id: float(np.array(row.vec, np.float32) @ asked)
        for row in CanvasVector.objects.filter(encoder="ours-1")
    }
    found = by_pictures("boats in red. A letter.")
    assert dict(found) == pytest.approx(expected, abs=2e-3)


def test_what_cannot_be_added(library: Library, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"config\.toml cannot be read"):
        told("add-trained", str(tmp_path))
    with pytest.raises(CommandError, match="fetch its repository elsewhere"):
        told("add-open-clip", f"local-dir:{tmp_path}")


def test_what_is_not_exported_is_told(
    library: Library, settings: Any, cache: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "ready", lambda key, cache_dir: key != "art-joint-text-1")
    assert "art-joint: live, and the one that answers;" in told()
    assert "not exported: manage.py encoders" in told()


def test_a_broken_one_is_told_at_the_start(library: Library, cache: Path) -> None:
    broken = cache / "spaces/broken-1/space.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    (warning,) = [one for one in run_checks() if one.id == "iiifsearch.W001"]
    assert "broken-1/space.json declares no space that can be used" in str(warning)
