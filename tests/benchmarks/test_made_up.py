"""Made-up vectors lie as those that they are made like."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.made_up import clouds, draw, likeness, unit


def test_more_of_the_same() -> None:
    chance = np.random.default_rng(0)
    centres = chance.standard_normal((12, 32), dtype=np.float32)
    around = 0.7 * chance.standard_normal((1500, 32), dtype=np.float32)
    real = unit(centres[chance.integers(0, 12, 1500)] + around)
    made, which = draw(clouds(real), 3000, chance)
    assert made.dtype == np.float32 and made.shape == (3000, 32) and which.shape == (3000,)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-5)
    wanted, found = likeness(real), likeness(made[:1500])
    assert found["first"] == pytest.approx(wanted["first"], abs=0.1)
    assert found["tenth"] == pytest.approx(wanted["tenth"], abs=0.1)
    # None is one of those that they were made like.
    assert (made @ real.T).max() < 0.999


def test_of_a_few() -> None:
    real = unit(np.random.default_rng(0).standard_normal((40, 8)))
    made, _ = draw(clouds(real), 10, np.random.default_rng(1))
    assert np.isfinite(made).all()
