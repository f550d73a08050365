"""How alike strangers are: measured by the library itself, anew when it has doubled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Canvas
from iiifsearch.engine.scales import Scale, of_drawn, scales
from iiifsearch.index import scales as measuring
from iiifsearch.index import store
from iiifsearch.models import FeatureScale
from ml import registry

SPEC = registry.get("colour")


@pytest.fixture(autouse=True)
def one_encoder(db: None, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("colour",)}


def fill(count: int, start: int = 0) -> None:
    """Vectors of which strangers have a cosine of about .5."""
    canvases = Canvas.objects.bulk_create(
        Canvas(key=f"k{n}", uri=f"u{n}", raw_id=f"u{n}") for n in range(start, start + count)
    )
    random = np.random.default_rng(start)
    vectors = random.normal(size=(count, SPEC.dim)).astype(np.float32) / SPEC.dim**0.5
    vectors[:, 0] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.canvas_vectors([canvas.pk for canvas in canvases], SPEC, vectors)


def test_few_canvases_have_no_scale_of_their_own() -> None:
    fill(measuring.FEWEST - 1)
    assert measuring.measure_due() == []
    scale = scales([SPEC])[SPEC.key]
    assert not scale.measured
    assert scale.cut_off == SPEC.min_similarity
    assert scale.strength(SPEC.min_similarity) == pytest.approx(2 / 6)


def test_strength_is_how_rare_a_likeness_is_among_strangers() -> None:
    fill(400)
    assert measuring.measure_due() == [SPEC.key]
    row = FeatureScale.objects.get()
    assert (row.canvases, row.sample, row.pairs) == (400, 400, 400 * 399 // 2)
    assert row.mean == pytest.approx(0.5, abs=0.03)
    scale = scales([SPEC])[SPEC.key]
    assert scale.measured
    for share, strength in (("0.9", 1 / 6), ("0.99", 2 / 6), ("0.999", 3 / 6)):
        assert scale.strength(row.quantiles[share]) == pytest.approx(strength)
    assert (scale.strength(-1), scale.strength(1)) == (0, 1)
    strengths = [scale.strength(cosine) for cosine in np.linspace(-1, 1, 200)]
    assert strengths == sorted(strengths)
    assert scale.cut_off == row.quantiles["0.99"] < SPEC.min_similarity


def test_a_library_of_look_alikes_hides_nothing_that_is_alike() -> None:
    fill(100)
    FeatureScale.objects.create(
        encoder=SPEC.key, canvases=100, sample=100, pairs=4950, mean=1, std=0,
        quantiles={"0.5": 0.999, "0.9": 1.0, "0.99": 1.0},
    )  # fmt: skip
    scale = scales([SPEC])[SPEC.key]
    assert scale.cut_off == SPEC.min_similarity
    assert scale.strength(1.0) == 1


def test_measured_anew_when_it_has_doubled_and_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(60)
    assert measuring.measure_due() == [SPEC.key]
    fill(59, start=60)
    assert measuring.measure_due() == []
    fill(1, start=119)
    assert measuring.measure_due() == [SPEC.key]
    assert measuring.measure_due() == []
    monkeypatch.setattr(measuring, "_LARGE", 100)
    assert measuring.measure_due() == []
    FeatureScale.objects.update(measured_at=timezone.now() - timedelta(days=8))
    assert measuring.measure_due() == [SPEC.key]


def test_a_large_library_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SAMPLE", 100)
    fill(300)
    assert measuring.measure_due() == [SPEC.key]
    row = FeatureScale.objects.get()
    assert 60 < row.sample <= 100
    assert row.mean == pytest.approx(0.5, abs=0.05)


def test_what_is_drawn_by_hand_has_a_scale_of_its_own() -> None:
    """No picture is as like it as pictures are to each other; the nearest tenth is no noise."""
    fill(400)
    measuring.measure_due()
    drawn = np.zeros(SPEC.dim, np.float32)
    drawn[1] = 1
    near = measuring.sample(SPEC) @ drawn
    scale = of_drawn(SPEC, drawn)
    assert scale.cut_off == pytest.approx(np.quantile(near, 0.9))
    assert scale.cut_off < scales([SPEC])[SPEC.key].cut_off
    assert scale.strength(scale.cut_off) == pytest.approx(1 / 6)
    assert (near >= scale.cut_off).sum() == 40


def test_among_few_whatever_is_there_is_near_what_is_drawn() -> None:
    fill(measuring.FEWEST - 1)
    scale = of_drawn(SPEC, np.eye(1, SPEC.dim, dtype=np.float32)[0])
    assert scale.cut_off == -1 and not scale.measured


COSINES = st.floats(-1.5, 1.5, width=32)


@given(st.lists(COSINES, min_size=1, max_size=8, unique=True), COSINES)
def test_between_knots_lie_straight_lines(knots: list[float], cosine: float) -> None:
    cosines = sorted(knots)
    strengths = np.linspace(0, 1, len(cosines)).tolist()
    scale = Scale(tuple(zip(cosines, strengths, strict=True)), 0.0, True)
    for asked in (cosine, *cosines):
        expected = np.interp(asked, cosines, strengths)
        assert scale.strength(asked) == pytest.approx(expected, abs=1e-9)
