"""What is shown of a canvas wherever it turns up: one query for a page of hits, one shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Field, JSONField, Model

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


class _Manifest(NamedTuple):
    """What is read of the manifest that is shown (its JSON, and all else that is said of it, is
    long), and how it spells the canvas's id."""

    key: str
    state: str
    label: dict[str, list[str]]
    homepage: list[dict[str, Any]]
    rights: str
    required_statement: dict[str, Any] | None
    raw_id: str
    url: str
    canvas_uri: str


def _fields(model: type[Model], *names: str) -> list[Field[Any, Any]]:
    """Those of a table, in the order of ``names``; all where there are none."""
    known = {field.name: field for field in model._meta.concrete_fields}
    return [known[name] for name in names or known]


_PARTS = (
    ("c", _fields(Canvas)),
    ("p", _fields(Picture)),
    ("m", _fields(Manifest, *_Manifest._fields[:-1])),
    ("a", _fields(ManifestCanvas, "raw_id")),
)
_READ_FIELDS = [field for _, fields in _PARTS for field in fields]
_NAMES = [field.attname for field in _READ_FIELDS]
_JSON = [place for place, field in enumerate(_READ_FIELDS) if isinstance(field, JSONField)]
#: Where a picture and a manifest begin in a row.
_PICTURE = len(_PARTS[0][1])
_MANIFEST = _PICTURE + len(_PARTS[1][1])
# Of a canvas that many manifests show, the one to be shown is chosen there. Written out, for it is
# asked once or twice by every search: the ORM takes as long again to put it together.
_READ = f"""
SELECT DISTINCT ON (c.id)
{", ".join(f"{of}.{field.column}" for of, fields in _PARTS for field in fields)}
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
        found = [_record(row) for row in cursor.fetchall()]
    return {record.canvas.pk: record for record in found}


def _record(row: Sequence[Any]) -> Record:
    values = list(row)
    for place in _JSON:
        if values[place] is not None:
            values[place] = json.loads(values[place])
    canvas = _made(Canvas, values, 0, _PICTURE)
    picture = _made(Picture, values, _PICTURE, _MANIFEST) if values[_PICTURE] else None
    canvas._state.fields_cache["picture"] = picture
    manifest = _Manifest(*values[_MANIFEST:])
    file = picture if picture is not None and picture.sha256 else None
    width = canvas.width or (file and file.width) or 1
    height = canvas.height or (file and file.height) or 1
    homepage = next((str(page["id"]) for page in manifest.homepage if page.get("id")), "")
    thumbnail = urls().thumbnail(canvas.key) if file else canvas.thumbnail or None
    return Record(
        canvas=canvas,
        canvas_uri=manifest.canvas_uri or canvas.raw_id,
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


def _made(model: type[Row], values: Sequence[Any], start: int, stop: int) -> Row:
    return model.from_db(connection.alias, _NAMES[start:stop], values[start:stop])
