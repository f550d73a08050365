"""The processes of one web server, which share their measures through files of one folder.

gunicorn.conf.py names the folder in the environment, before prometheus_client is imported; without
it a process tells of itself alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, ProcessCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from iiifsearch.settings import environment


def registry() -> CollectorRegistry:
    """What this process and its siblings measured, and how they are: for one answer."""
    found = CollectorRegistry()
    folder = environment.text("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        MultiProcessCollector(found, folder)
        found.register(Siblings(Path(folder)))
    else:
        found.register(REGISTRY)
    return found


class Siblings(Collector):
    """Memory, processor time and open files of every process of this web server, as
    prometheus_client tells them of one; the label ``pid`` says of which. Linux alone has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for pid in self._pids():
            for family in _of_process(pid):
                told = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    told.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        return families.values()

    def _pids(self) -> Iterator[int]:
        """Those that have measured something, and are children of the same parent."""
        names = {path.stem.rpartition("_")[2] for path in self._folder.glob("*.db")}
        for name in sorted(names):
            if name.isdecimal() and _parent_of(name) == os.getppid():
                yield int(name)


def _of_process(pid: int) -> Iterable[Metric]:
    return ProcessCollector(pid=lambda: pid, registry=None).collect()


def _parent_of(pid: str) -> int | None:
    """None where it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # "PID (name) state parent ...": the name may hold anything.
    return int(stat.rpartition(")")[2].split()[1])
