"""The table that benchmarks tell."""

from __future__ import annotations

import pytest

from benchmarks.figures import Row, as_json, figure, machine, quantiles, told


def test_ratios_stand_first_and_else_the_order_stays() -> None:
    rows = [
        Row("http", "p50", 12.3, "ms", "a wait"),
        Row("http", "HTTP / SQL", 1.21, "", "what is around it", 1.3),
        Row("http", "p95", 1234.5, "ms", "a longer one"),
    ]
    lines = told(rows).splitlines()[2:]
    assert [line.split("|")[2].strip() for line in lines] == ["HTTP / SQL", "p50", "p95"]
    assert "| 1.21  | at most 1.3: yes |" in lines[0] and "| 1,234 ms |" in lines[2]


@pytest.mark.parametrize(("value", "held"), [(2.0, "at most 2: yes"), (2.01, "at most 2: NO")])
def test_what_must_be_is_told(value: float, held: str) -> None:
    assert Row("beside", "p95", value, "", "", 2).held == held


@pytest.mark.parametrize(
    ("value", "held"), [(0.8, "at least 0.8: yes"), (0.79, "at least 0.8: NO")]
)
def test_what_must_be_reached_is_told(value: float, held: str) -> None:
    assert Row("extraction", "of the bare runtime", value, "", "", least=0.8).held == held


def test_rows_travel_as_json() -> None:
    row = Row("http", "errors", 0, "", "nobody is sent away", 0)
    assert Row(**as_json([row])[0]) == row


def test_quantiles_are_in_milliseconds() -> None:
    assert quantiles([n / 1000 for n in range(1, 101)]) == pytest.approx((50.5, 95.05, 99.01))


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123, "0.0123"), (1.2345, "1.23"), (99.94, "99.9"), (12345.6, "12,346")]
)
def test_figures(value: float, text: str) -> None:
    assert figure(value) == text


def test_the_machine_is_named() -> None:
    assert {"processor", "cores", "memory", "load before", "onnxruntime"} <= set(machine())
