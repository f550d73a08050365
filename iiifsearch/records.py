"""What is shown of a canvas wherever it turns up: one query for a page of hits, one shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Prefetch

from catalog.iiif.language import best
from catalog.models import Canvas, Manifest, ManifestCanvas, State
from iiifsearch.conf import options
from iiifsearch.presentation.public_urls import PublicURLs


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
    appearances = (
        ManifestCanvas.objects.filter(manifest__state__in=states)
        .select_related("manifest")
        .only("canvas_id", "raw_id", *(f"manifest__{name}" for name in _OF_MANIFEST))
        .order_by("manifest_id")
    )
    canvases = (
        Canvas.objects.filter(pk__in=list(canvas_ids), state__in=states)
        .select_related("picture")
        .prefetch_related(Prefetch("appearances", appearances, to_attr="public_appearances"))
    )
    found = {}
    for canvas in canvases:
        shown: list[ManifestCanvas] = canvas.public_appearances
        if shown:
            first = next((a for a in shown if a.manifest.state == State.PUBLISHED), shown[0])
            chosen = next((a for a in shown if a.manifest_id == manifest_id), first)
            found[canvas.pk] = _record(canvas, chosen)
    return found


#: What a record tells of a manifest; its own JSON and all that is said of it are left unread.
_OF_MANIFEST = (
    *("key", "state", "label", "homepage", "rights", "required_statement"),
    *("raw_id", "url"),
)


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
