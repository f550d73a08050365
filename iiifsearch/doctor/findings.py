"""What a check finds, and how the checks are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """``NOTE``: nothing is wrong, but worth knowing. ``WARNING``: something will be slow, or may
    fail. ``ERROR``: something does not work, or data is in danger."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """``about``: what was looked at. ``text``: what is the matter with it. ``advice``: what to do,
    with the command to type; "" where there is nothing to do."""

    level: Level
    about: str
    text: str
    advice: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(about: str, text: str) -> Finding:
    return Finding(Level.OK, about, text)


def note(about: str, text: str, advice: str = "") -> Finding:
    return Finding(Level.NOTE, about, text, advice)


def warning(about: str, text: str, advice: str) -> Finding:
    return Finding(Level.WARNING, about, text, advice)


def error(about: str, text: str, advice: str) -> Finding:
    return Finding(Level.ERROR, about, text, advice)
