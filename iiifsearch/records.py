"""What is shown of a canvas wherever it turns up: one query for a page of hits, one shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import JSONField, Model

from catalog.iiif.language import best
from catalog.models import Canvas, Manifest, ManifestCanvas, Picture, State, identity
from iiifsearch.conf import options
from iiifsearch.presentation.public_urls import PublicURLs

Row = TypeVar("Row", bound=Model)


@lru_cache(maxsize=4)
def _urls(base: str) -> PublicURLs:
    return PublicURLs(base)


def urls() -> PublicURLs:
    """The published addresses of this installation."""
    return _urls(options.public_url)


@dataclass(frozen=True)
class Record:
    """A canvas as a person sees it. Rights and required statement are always with it.

    ``width`` and ``height`` are canvas units; where the source gave none, those of the kept
    picture, else 1 by 1. ``manifest_key`` is "" where no published manifest shows it.
    ``manifest_uri``: the source's own. ``state``: published only where canvas and manifest are.
    """

    canvas: Canvas
    #: The canvas's id as the manifest that is shown spells it.
    canvas_uri: str
    manifest_key: str
    manifest_label: dict[str, list[str]]
    title: str
    maker: str
    date: str
    width: int
    height: int
    rights: str
    required_statement: dict[str, Any] | None
    homepage: str
    thumbnail: str | None
    manifest_uri: str = ""
    state: str = State.PUBLISHED

    @property
    def manifest_url(self) -> str:
        return urls().manifest(self.manifest_key)

    @property
    def attribution(self) -> str:
        """The required statement as one line of text."""
        statement = self.required_statement or {}
        return best(statement.get("value") or {}, ("en",))


def records(
    canvas_ids: Iterable[int], manifest_id: int | None = None, *, drafts: bool = False
) -> dict[int, Record]:
    """Records by canvas id, of published canvases only; with ``drafts``, for curators alone, of
    whatever is not withdrawn.

    A canvas in several manifests is shown in ``manifest_id`` if it is there, else in the first
    one that is published.
    """
    states = [state for state in State if state != State.WITHDRAWN] if drafts else [State.PUBLISHED]
    return _records("c.id = ANY(%s)", list(canvas_ids), states, manifest_id)


def public_record(uri: str) -> Record | None:
    """The public canvas with this source URI, however it is spelled."""
    found = _records("c.uri = %s", identity(uri), [State.PUBLISHED])
    return next(iter(found.values()), None)


#: What is read of each; a manifest's own JSON, and all else that is said of it, is long.
_CANVAS = Canvas._meta.concrete_fields
_PICTURE = Picture._meta.concrete_fields
_OF_MANIFEST = {
    *("id", "key", "state", "label", "homepage", "rights", "required_statement"),
    *("raw_id", "url"),
}
_MANIFEST = [field for field in Manifest._meta.concrete_fields if field.name in _OF_MANIFEST]
_PARTS = (("c", _CANVAS), ("p", _PICTURE), ("m", _MANIFEST))
# Of a canvas that many manifests show, the one to be shown is chosen there. Written out, for it is
# asked once or twice by every search: the ORM takes as long again to put it together.
_READ = f"""
SELECT DISTINCT ON (c.id)
{", ".join(f"{of}.{field.column}" for of, fields in _PARTS for field in fields)}, a.raw_id
FROM catalog_manifestcanvas a
JOIN catalog_canvas c ON c.id = a.canvas_id
JOIN catalog_manifest m ON m.id = a.manifest_id
LEFT JOIN catalog_picture p ON p.canvas_id = c.id
WHERE {{which}} AND c.state = ANY(%s) AND m.state = ANY(%s)
ORDER BY c.id, m.id = %s DESC, m.state = '{State.PUBLISHED.value}' DESC, m.id
"""


def _records(
    which: str, wanted: Any, states: Sequence[State], manifest_id: int | None = None
) -> dict[int, Record]:
    """``which``: a condition on the canvas c, with one parameter, ``wanted``."""
    allowed = [state.value for state in states]
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(which=which), [wanted, allowed, allowed, manifest_id or 0])
        appearances = [_appearance(row) for row in cursor.fetchall()]
    return {shown.canvas_id: _record(shown.canvas, shown) for shown in appearances}


def _appearance(row: Sequence[Any]) -> ManifestCanvas:
    values = iter(row)
    canvas = _made(Canvas, _CANVAS, values)
    picture = _made(Picture, _PICTURE, values)
    canvas._state.fields_cache["picture"] = None if picture.pk is None else picture
    manifest = _made(Manifest, _MANIFEST, values)
    return ManifestCanvas(canvas=canvas, manifest=manifest, raw_id=next(values))


def _made(model: type[Row], fields: Sequence[Any], values: Iterator[Any]) -> Row:
    """An instance with these ``fields``; the others are read when they are asked for."""
    read = [
        json.loads(value) if isinstance(field, JSONField) and value is not None else value
        for field, value in zip(fields, islice(values, len(fields)), strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], read)


def _record(canvas: Canvas, appearance: ManifestCanvas) -> Record:
    manifest: Manifest = appearance.manifest
    picture = getattr(canvas, "picture", None)
    file = picture if picture is not None and picture.sha256 else None
    width = canvas.width or (file.width if file else 1)
    height = canvas.height or (file.height if file else 1)
    homepage = next((str(page["id"]) for page in manifest.homepage if page.get("id")), "")
    thumbnail = urls().thumbnail(canvas.key) if file else canvas.thumbnail or None
    return Record(
        canvas=canvas,
        canvas_uri=appearance.raw_id or canvas.raw_id,
        manifest_key=manifest.key,
        manifest_label=manifest.label,
        title=canvas.title,
        maker=canvas.maker,
        date=canvas.date_text,
        width=width,
        height=height,
        rights=canvas.rights or manifest.rights,
        required_statement=canvas.required_statement or manifest.required_statement,
        homepage=homepage if homepage.startswith(("http://", "https://")) else "",
        thumbnail=thumbnail,
        manifest_uri=manifest.raw_id or manifest.url,
        state=manifest.state if canvas.state == State.PUBLISHED else canvas.state,
    )
