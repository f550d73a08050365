"""JSON that is written while it is made: what is an iterator becomes an array, item by item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class Streamed(dict[str, Any]):
    """An object of which a value may be an iterator, or another such object."""


def written(value: Any) -> Iterator[str]:
    """``value`` as JSON, in pieces."""
    if isinstance(value, Streamed):
        for number, (key, item) in enumerate(value.items()):
            yield f"{', ' if number else '{'}{json.dumps(key)}: "
            yield from written(item)
        yield "}" if value else "{}"
    elif isinstance(value, Iterator):
        yield "["
        for number, item in enumerate(value):
            yield ",\n" if number else "\n"
            yield from written(item)
        yield "]"
    else:
        yield json.dumps(value, ensure_ascii=False)
