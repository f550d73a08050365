"""What every row says of its painting, in a table and in JSON-LD."""

from __future__ import annotations

from typing import Any

from catalog.models import State
from iiifsearch.records import Record, urls

COLUMNS = (
    *("canvas", "canvas_uri", "title", "maker", "date", "rights", "attribution"),
    *("manifest", "manifest_uri", "page"),
)


def columns(prefix: str = "") -> tuple[str, ...]:
    return tuple(prefix + name for name in COLUMNS)


def cells(record: Record) -> tuple[str, ...]:
    """``rights``: the canvas's own, else its manifest's. ``manifest`` and ``page`` are ours."""
    return (
        record.canvas.key,
        record.canvas_uri,
        record.title,
        record.maker,
        record.date,
        record.rights,
        record.attribution,
        record.manifest_url,
        record.manifest_uri,
        urls().painting(record.canvas.key),
    )


def state_of(*states: str) -> str:
    """Of a row: published only where all that it tells of is."""
    return next((state for state in states if state != State.PUBLISHED), State.PUBLISHED)


def canvas_json(record: Record) -> dict[str, Any]:
    """The canvas as the target of an annotation."""
    manifest = {"id": record.manifest_url, "type": "Manifest"}
    label = {"label": {"none": [record.title]}} if record.title else {}
    return {
        "id": record.canvas_uri,
        "type": "Canvas",
        **label,
        **rights_json(record.rights),
        "partOf": [manifest],
    }


def rights_json(rights: str) -> dict[str, str]:
    """A URI or nothing (Presentation 3.0, section 3.1)."""
    return {"rights": rights} if "://" in rights else {}
