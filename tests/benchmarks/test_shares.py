"""A clock at every step of a request."""

from __future__ import annotations

import time

import pytest

from benchmarks.shares import STEPS, Clock


def test_a_second_counts_once() -> None:
    clock = Clock()
    start = time.perf_counter()
    with clock.step("other"):
        time.sleep(0.01)
        with clock.step("serialising"):
            time.sleep(0.02)
            clock.statement(time.sleep, 0.03)
        time.sleep(0.01)
    whole = time.perf_counter() - start
    # At least, since a busy machine lets everybody wait; were a second counted twice, the steps
    # would be longer than the whole.
    assert clock.spent["other"] >= 0.02 and clock.spent["serialising"] >= 0.02
    assert clock.spent["SQL"] >= 0.03
    assert sum(clock.spent.values()) <= whole
    assert clock.statements == 1


def test_what_raises_ends_its_step() -> None:
    clock = Clock()
    with clock.step("other"):
        with pytest.raises(ZeroDivisionError):
            clock.timing("parsing", lambda: 1 / 0)()
        time.sleep(0.01)
    assert clock.spent["other"] >= 0.01 > clock.spent["parsing"]


def test_every_step_has_a_share() -> None:
    assert tuple(Clock().spent) == STEPS
