"""Pictures side by side: what lets go of the interpreter (networks, OpenCV) runs on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

CORES = os.cpu_count() or 1


def each(
    make: Callable[[Item], Made], items: Sequence[Item], threads: int | None = None
) -> list[Made]:
    """What ``make`` makes of each item, in their order, by up to so many ``threads``, or one for
    each core. Raises what ``make`` raises for the first item that fails."""
    at_once = min(threads or CORES, len(items))
    if at_once < 2:
        return [make(item) for item in items]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(make, items))
