"""Pictures side by side: what lets go of the interpreter (networks, OpenCV, products of matrices)
runs on all cores.

From the first such call on BLAS has one thread in this process: its own ones beside ours make
matching four times as slow (ADR 12).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import threadpool_limits

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
    _one_thread_for_blas()
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(make, items))


@cache
def _one_thread_for_blas() -> None:
    threadpool_limits(limits=1, user_api="blas")
