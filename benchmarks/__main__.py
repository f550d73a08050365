"""Everything that is measured, in one table from one run: `make bench`.

    python -m benchmarks [--full] [--images FOLDER] [--parts http beside] [--var var/bench]

Each part runs by itself, one after the other, in a process of its own, at sizes at which all of
them end within some half an hour on two cores; ``--full``: at those of docs/performance.md,
which takes hours. Ratios stand first: both sides of one come from the same run. What each part
says stands before the table. A part that fails is told, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.figures import ROOT, Row
from iiifsearch.settings import environment


@dataclass(frozen=True)
class Part:
    """``small``, ``full``: arguments of ``python -m benchmarks.NAME``. ``rows``: what its JSON
    says. ``library``: whose library it asks again, if that was filled in the same run."""

    name: str
    small: Sequence[str]
    full: Sequence[str]
    rows: Callable[[Any], list[Row]]
    needs_images: bool = False
    library: str = ""


def extraction(told: Any) -> list[Row]:
    means = "what preprocessing and checks leave of the bare runtime's speed"
    made = [
        Row("extraction", f"{key}: of the bare runtime", share, "", means, least=0.8)
        for key, share in told["of bare"].items()
    ]
    rate = told["pictures a second"]
    means = f"100,000 paintings can be found by likeness after {100_000 / rate / 3600:.1f} hours"
    return [*made, Row("extraction", "all features", rate, "pictures a second", means)]


def harvest(told: Any) -> list[Row]:
    return [
        Row(
            "harvest", "end-to-end / slower half", told["end-to-end / slower half"], "",
            "1: downloading and looking at pictures wait for nothing but the processor",
            least=0.8,
        ),
        Row(
            "harvest", "second harvest / first", told["second harvest / first"], "",
            "what it costs to see that nothing changed",
        ),
        Row(
            "harvest", "end-to-end", told["end-to-end, canvases a second"], "canvases a second",
            "from a collection's URL to paintings that are found",
        ),
    ]  # fmt: skip


def vectors(told: Any) -> list[Row]:
    """As the engine asks, beside FAISS at about the same recall."""
    made = []
    for rows in sorted({one["rows"] for one in told}):
        here = [one for one in told if one["rows"] == rows]
        for ours in (one for one in here if one["setting"] == "as the engine asks"):
            name = f"{rows:,} vectors, as the engine asks"
            made.append(Row(
                "vectors", f"{name}: recall@10", ours["recall"], "",
                "of the ten most alike, so many are found", least=0.99,
            ))  # fmt: skip
            as_good = [
                one for one in here
                if one["way"].startswith("FAISS HNSW") and one["recall"] >= ours["recall"] - 0.005
            ]  # fmt: skip
            if as_good:
                best = min(one["p50"] for one in as_good)
                made.append(Row(
                    "vectors", f"{name}: p50 / FAISS HNSW of that recall", ours["p50"] / best, "",
                    "what a database, its filters and its safety cost beside bare memory",
                ))  # fmt: skip
            means = "one search in twenty takes longer, without any filter"
            made.append(Row("vectors", f"{name}: p95", ours["p95"], "ms", means, most=10.0))
    return made


def filters(told: Any) -> list[Row]:
    none = next(one for one in told if one["filter"] == "none" and one["asked"] == 200)
    made = []
    for one in told:
        if one["asked"] != 200:
            continue
        name = f"{one['filter']} ({100 * one['share']:.3g} % pass)"
        made += [
            Row(
                "filters", f"{name}: returned / there", one["returned / there"], "",
                "1: no filter leaves a page half empty", least=1.0,
            ),
            Row(
                "filters", f"{name}: recall@10", one["recall@10"], "",
                "of the ten most alike that pass, so many are found", least=0.98,
            ),
            Row(
                "filters", f"{name}: p50 / without a filter", one["p50 ms"] / none["p50 ms"], "",
                "what a filter costs a visitor",
            ),
        ]  # fmt: skip
    return made


def churn(told: Any) -> list[Row]:
    first, last = told[0], told[-2]
    return [
        Row(
            "churn", "size after three rounds / at first", last["size"] / first["size"], "",
            "what an index grows by when a tenth changes and a tenth goes, three times over",
        ),
        Row(
            "churn", "recall@10 then", last["recall"], "",
            f"of the ten most alike, so many are found then; {first['recall']:.3f} at first",
        ),
    ]  # fmt: skip


def own(told: Any) -> list[Row]:
    """Of a part that tells its rows itself."""
    return [Row(**row) for row in told["rows"]]


PARTS = (
    Part("extraction", ["--pictures", "32"], ["--pictures", "64"], extraction),
    Part("harvest", ["--canvases", "400"], ["--canvases", "10000"], harvest),
    Part(
        "http", ["--canvases", "25000", "--questions", "60"], ["--canvases", "100000"], own
    ),
    Part(
        "beside",
        ["--canvases", "25000", "--harvested", "2000", "--questions", "150"],
        ["--canvases", "100000", "--harvested", "10000"],
        own,
        library="http",
    ),
    Part(
        "vectors",
        ["--sizes", "10000", "50000"],
        ["--sizes", "10000", "100000", "1000000"],
        vectors,
        needs_images=True,
    ),
    Part(
        "filters",
        ["--canvases", "25000", "--queries", "50"],
        ["--canvases", "100000"],
        filters,
        needs_images=True,
    ),
    Part("churn", ["--canvases", "10000"], [], churn, needs_images=True),
)  # fmt: skip
#: Of these --images is an option.
LOOK = {"extraction", "http", "beside", "vectors", "filters", "churn"}


def run(part: Part, chosen: argparse.Namespace, filled: set[str]) -> list[Row]:
    """Raises CalledProcessError where it fails."""
    told = (chosen.var / f"{part.name}.json").resolve()
    command = [sys.executable, "-m", f"benchmarks.{part.name}", "--json", str(told)]
    command += part.full if chosen.full else part.small
    var = (chosen.var / (part.library or part.name)).resolve()
    _share_encoders(var)
    command += ["--var", str(var)]
    if part.library in filled:
        command.append("--filled")
    if chosen.images and part.name in LOOK:
        command += ["--images", str(chosen.images.resolve())]
    print(f"\n== {' '.join(command[2:])}", flush=True)
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"== {part.name}: {time.perf_counter() - start:.0f} s", flush=True)
    return part.rows(json.loads(told.read_text()))


def _share_encoders(var: Path) -> None:
    """The installation below ``var`` uses the exports that are there."""
    var.mkdir(parents=True, exist_ok=True)
    if not (var / "encoders").exists():
        (var / "encoders").symlink_to(environment.var() / "encoders")


def main() -> None:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of docs/performance.md")
    parser.add_argument("--parts", nargs="+", choices=names, default=names)
    parser.add_argument("--images", type=Path, help="a folder of real pictures; else drawn ones")
    parser.add_argument("--var", type=Path, default=ROOT / "var/bench", help="stays afterwards")
    chosen = parser.parse_args()
    chosen.var.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "manage.py", "encoders"], cwd=ROOT, check=True)
    on, made, filled = figures.machine(), list[Row](), set[str]()
    skipped, failed = list[str](), list[str]()
    for part in PARTS:
        if part.name not in chosen.parts:
            continue
        if part.needs_images and not chosen.images:
            skipped.append(f"{part.name}: lacks --images, a folder of real pictures")
            continue
        try:
            made += run(part, chosen, filled)
            filled.add(part.name)
        except subprocess.CalledProcessError as error:
            failed.append(f"{part.name}: ended with {error.returncode}; what it says stands above")
    for name in ("beside", "http"):  # they know their database
        told = chosen.var / f"{name}.json"
        if name in filled:
            on |= {k: v for k, v in json.loads(told.read_text())["on"].items() if k not in on}
    print(f"\n{figures.told_of(on)}\n\n{figures.told(made)}")
    for reason in (*skipped, *failed):
        print(f"Not measured: {reason}.")
    if beyond := [row for row in made if row.held.endswith("NO")]:
        print("Beyond what must be: " + "; ".join(f"{row.part}, {row.name}" for row in beyond))
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
