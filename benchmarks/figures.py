"""What benchmarks tell: rows of one table, ratios first; and of which machine they are."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
PACKAGES = ("onnxruntime", "django", "psycopg", "gunicorn", "numpy")


@dataclass(frozen=True)
class Row:
    """``unit``: "" of a ratio, which travels better than a rate. ``most``: what it must not exceed;
    ``least``: what it must reach. ``means``: to somebody who uses it, in a sentence."""

    part: str
    name: str
    value: float
    unit: str
    means: str
    most: float | None = None
    least: float | None = None

    @property
    def held(self) -> str:
        if self.most is not None:
            return f"at most {self.most:g}: {'yes' if self.value <= self.most else 'NO'}"
        if self.least is not None:
            return f"at least {self.least:g}: {'yes' if self.value >= self.least else 'NO'}"
        return ""


def told(rows: Iterable[Row]) -> str:
    """The table, in Markdown: ratios first, else in their order."""
    ordered = sorted(rows, key=lambda row: bool(row.unit))
    lines = ["| part | what | | must | what it means |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.part} | {row.name} | {figure(row.value)} {row.unit} | {row.held} | {row.means} |"
        for row in ordered
    ]
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def figure(value: float) -> str:
    """Three digits of what is small, whole numbers of what is large."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def quantiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Milliseconds, p50, p95 and p99."""
    low, middle, high = 1000 * np.percentile(seconds, [50, 95, 99])
    return float(low), float(middle), float(high)


def machine() -> dict[str, str]:
    """The processor, its load, and what runs on it; of the database what can be had before there
    is one (`database`)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "revision": _revision(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def database() -> dict[str, str]:
    """Versions and memory of the database that is connected."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), "
            "(SELECT extversion FROM pg_extension WHERE extname = 'vector'), "
            "current_setting('shared_buffers')"
        )
        postgres, vector, buffers = cursor.fetchone()
    return {"postgres": postgres, "pgvector": vector, "shared_buffers": buffers}


def told_of(described: dict[str, Any]) -> str:
    return "; ".join(f"{name} {value}" for name, value in described.items())
