"""The viewer's page: Mirador with the panel that searches, on one painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from catalog.geometry import Rect
from iiifsearch.records import Record, urls

#: Made by ``make viewer`` from `viewer/`, and part of the wheel.
BUNDLE = "iiifsearch/viewer/viewer.js"


@dataclass(frozen=True)
class ViewerPage:
    """``part``: what is shown first, in percent of the picture; None for all of it. ``collect``:
    where a curator adds paintings to a collection; "" for everybody else."""

    record: Record
    part: Rect | None
    language: str
    collect: str = ""

    @property
    def built(self) -> bool:
        """Whether there is a viewer: a source tree that was never built has none."""
        return bool(finders.find(BUNDLE)) or staticfiles_storage.exists(BUNDLE)

    @property
    def config(self) -> dict[str, Any]:
        """What `viewer/src/page.js` reads."""
        record = self.record
        region = None
        if self.part is not None:
            shown = self.part.scaled(record.width / 100, record.height / 100)
            region = list(shown.rounded_out())
        return {
            "manifest": record.manifest_url,
            "canvas": record.canvas_uri,
            "region": region,
            "api": urls().api(),
            "language": self.language,
            "collect": self.collect,
        }
