"""What each feature of a picture costs, and how far the pipeline is from the bare runtime.

    python -m benchmarks.extraction [--images FOLDER] [--pictures 64] [--var FOLDER]

Milliseconds a picture of every live feature, one after the other, through the pipeline (decoded
pixels in, vectors out). Beside every network: the same ONNX graph, fed ready batches of random
numbers through the bare runtime in the same run, in the fastest of many ways: batches of 1 to 32 on
all cores, or one picture on each core; the ratio of the two is what preprocessing, checks and
normalising leave. At last all of it together.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import ROOT
from benchmarks.harvest import installation

CORES = os.cpu_count() or 1
REPEATS = 5


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The fastest of some runs: what others do on this machine only makes it slower."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _run(session: Any, feeds: dict[str, Any], runs: int) -> None:
    for _ in range(runs):
        session.run(None, feeds)


@dataclass(frozen=True)
class Bare:
    """The fastest way through the runtime alone: ``run`` takes ``share`` of all the pictures."""

    way: str
    run: Callable[[], object]
    share: float


def bare(name: str, cache: Path, count: int, pool: ThreadPoolExecutor) -> Bare:
    """The way that takes least for ``count`` pictures."""
    from ml import exports, registry
    from ml.encoders.export import example

    spec = registry.get(name)
    path = exports.onnx_path(spec, cache)

    def feeds(size: int) -> dict[str, Any]:
        # Of an encoder of regions ``size`` counts regions, and there is one picture at a time.
        made = example(spec, 41 if spec.of_regions else size)
        return {key: value.numpy() for key, value in made.items()}

    session, one_core, alone = _session(path), _session(path, 1), feeds(1)

    def side_by_side() -> None:
        list(pool.map(lambda _: one_core.run(None, alone), range(count)))

    ways = [Bare("one on each core", side_by_side, 1.0)]
    for size in (1,) if spec.of_regions else (1, 2, 4, 8, 16, 32):
        runs = max(1, count // size)
        run = partial(_run, session, feeds(size), runs)
        ways.append(Bare(f"batches of {size}", run, runs * size / count))
    return min(ways, key=lambda way: seconds(way.run) / way.share)


def _session(path: Path, threads: int = 0) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction")
    parser.add_argument("--images", type=Path, help="real pictures; else drawn ones")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench-extraction")
    arguments = parser.parse_args()
    with installation(arguments.var):
        measure(arguments)


def measure(arguments: argparse.Namespace) -> None:
    """Of the features that are live, in the installation that is there."""
    from benchmarks.museum import painted
    from catalog import decode
    from iiifsearch.conf import options
    from iiifsearch.encoders import live_names
    from iiifsearch.evaluation.library import LONG_SIDE, MOST_PIXELS, pictures_in
    from iiifsearch.index import features
    from ml import registry

    features.load()
    if arguments.images:
        paths = pictures_in(arguments.images)[: arguments.pictures]
        files = [path.read_bytes() for path in paths]
    else:
        files = [painted(seed) for seed in range(arguments.pictures)]
    started = time.perf_counter()
    pictures = [decode.decode(file, max_pixels=MOST_PIXELS, long_side=LONG_SIDE) for file in files]
    decoding = (time.perf_counter() - started) / len(files)
    print(f"{len(files)} pictures, decoded in {decoding * 1000:.1f} ms each")
    print(f"{'feature':34} {'ms':>7} {'bare ms':>8} {'of bare':>8}")
    live = {feature.key: feature for feature in features.live()}
    networks = {registry.get(name).key: name for name in live_names()}
    whole, of_bare = 0.0, dict[str, float]()
    pool = ThreadPoolExecutor(CORES)
    for key, feature in live.items():
        name = networks.get(key)
        beside, ways = "", []
        if name is not None and registry.get(name).vision_network:
            ways = [bare(name, options.encoder_cache, len(pictures), pool)]
        # By turns, so that what else the machine does falls on both.
        taken, least = float("inf"), float("inf")
        for _ in range(REPEATS):
            taken = min(taken, _once(feature.make, pictures))
            for way in ways:
                least = min(least, seconds(way.run, 1) / way.share)
                beside = f"{least / len(pictures) * 1000:8.1f} {least / taken:8.2f}  ({way.way})"
        whole += taken
        if ways:
            of_bare[key] = least / taken
        print(f"{key:34} {taken / len(pictures) * 1000:7.1f} {beside}")
    print(f"{'all, one after the other':34} {whole / len(pictures) * 1000:7.1f}")
    together = min(_together(list(live.values()), pictures) for _ in range(2))
    rate = len(pictures) / together
    print(f"{'all, as they are extracted':34} {1000 / rate:7.1f}  {rate:.1f} pictures/s")
    if arguments.json:
        figures = {"of bare": of_bare, "pictures a second": rate}
        arguments.json.write_text(json.dumps(figures, indent=1))


def _once(make: Callable[..., object], pictures: list[np.ndarray]) -> float:
    fresh = [picture.copy() for picture in pictures]
    started = time.perf_counter()
    for start in range(0, len(fresh), 16):
        make(fresh[start : start + 16])
    return time.perf_counter() - started


def _together(makers: list, pictures: list[np.ndarray]) -> float:
    from iiifsearch.index import features

    fresh = [picture.copy() for picture in pictures]
    started = time.perf_counter()
    for start in range(0, len(fresh), 16):
        features.make_all(makers, [fresh[start : start + 16]] * len(makers))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
