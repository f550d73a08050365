"""Memory that the C library keeps for threads, of which there are many here."""

from __future__ import annotations

import ctypes
from contextlib import suppress

#: glibc's name for the greatest number of its arenas, and that number here.
M_ARENA_MAX, ARENAS = -8, 2


def few_arenas() -> None:
    """Let glibc keep freed memory for few threads' own use: with eight arenas a core, as it is by
    default, what pictures once took stays with threads that are gone (ADR 12)."""
    with suppress(AttributeError):  # another C library keeps house in its own way
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
