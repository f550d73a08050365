"""What became of the canvases that were worked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Told of every batch: the number of canvases finished with one kind of work.
Progress = Callable[[int], None]


@dataclass
class Counts:
    """Canvases by what became of them. ``unfinished``: the time was over before the work."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    unfinished: bool = False

    @property
    def total(self) -> int:
        return self.done + self.skipped + self.failed

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.done + other.done,
            self.skipped + other.skipped,
            self.failed + other.failed,
            self.unfinished or other.unfinished,
        )
