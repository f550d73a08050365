"""One reading of one document: where it came from and what was odd about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from catalog.iiif.identity import fetchable, is_absolute, resolve
from catalog.iiif.types import ReadingWarning

#: A book of a thousand pages with the same fault on each is one finding, not a thousand.
_REPEATS_SHOWN = 50


@dataclass(slots=True)
class Reading:
    """Collects warnings and resolves references; lives as long as one document is read.

    ``url`` is where the document was fetched, against which relative references are resolved
    (RFC 3986, section 5.1.3); ``base`` is the document's own absolute id, under which what has
    no name is named. ``services`` are those that the document describes once, at its top, by
    `normalise_uri` of their ids.
    """

    url: str
    version: Literal[2, 3, 4] = 3
    base: str = ""
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    _warnings: list[ReadingWarning] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    def warn(self, code: str, message: str, path: str = "") -> None:
        self._counts[code] += 1
        if self._counts[code] <= _REPEATS_SHOWN:
            self._warnings.append(ReadingWarning(code, message, path))

    def warnings(self) -> tuple[ReadingWarning, ...]:
        """All warnings in the order of the document; what repeats endlessly is summed up."""
        sums = tuple(
            ReadingWarning(code, f"The same was found {count - _REPEATS_SHOWN} more times.")
            for code, count in self._counts.items()
            if count > _REPEATS_SHOWN
        )
        return tuple(self._warnings) + sums

    def inner(self) -> Reading:
        """For a document within this one; its warnings come here by `absorb`."""
        return Reading(url=self.url, version=self.version, base=self.base)

    def absorb(self, warnings: tuple[ReadingWarning, ...], path: str) -> None:
        for warning in warnings:
            where = f"{path}.{warning.path}" if warning.path else path
            self.warn(warning.code, warning.message, where)

    def absolute(self, raw: str, path: str) -> str:
        """``raw`` as an absolute URI; "" where it cannot be made one. Both oddities are told."""
        if is_absolute(raw):
            return raw.strip()
        resolved = resolve(raw, self.url or self.base)
        if is_absolute(resolved):
            self.warn(
                "relative-id",
                f"{_short(raw)} is not an absolute URI; read as {resolved}.",
                path,
            )
            return resolved
        self.warn("unusable-id", f"{_short(raw)} cannot be made an absolute URI; ignored.", path)
        return ""

    def fetchable(self, raw: str, path: str) -> str:
        """``raw`` as an absolute URL that may be sent over HTTP: spaces and letters encoded."""
        absolute = self.absolute(raw, path)
        encoded = fetchable(absolute)
        if encoded != absolute:
            self.warn(
                "url-not-encoded",
                f"{_short(absolute)} holds characters that a URL cannot; encoded as {encoded}.",
                path,
            )
        return encoded


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
