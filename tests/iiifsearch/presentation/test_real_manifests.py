"""Decorating real manifests, odd and broken ones among them.

They are third-party files: read from the folder that ``IIIFSEARCH_EVAL_DATA`` names, and skipped
where it is not set.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import iiif_prezi3
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from iiifsearch.presentation.decorate import DecorationIds, decorate
from iiifsearch.presentation.public_urls import PublicURLs
from tests.iiifsearch.content_search.golden_cases import FOLDER

IDS = DecorationIds.of(PublicURLs("https://paintings.example.org"), "m1")


def real_manifests() -> list[tuple[str, dict[str, Any]]]:
    try:
        folder: Path | None = getattr(settings, "EVAL_DATA", None)
    except ImproperlyConfigured:
        folder = None
    if folder is None:
        pytest.skip("IIIFSEARCH_EVAL_DATA is not set")
    found = []
    for path in sorted((folder / "manifests").glob("*.json")):
        try:
            found.append((path.name, json.loads(path.read_bytes())))
        except UnicodeDecodeError:
            continue  # one of them is not UTF-8; reading it is not decorating it
    return found


def test_real_manifests_are_decorated_and_keep_their_canvases() -> None:
    for name, raw in real_manifests():
        before = copy.deepcopy(raw)
        done = decorate(
            raw,
            3 if name.startswith("v3") else 2,
            ids=IDS,
            canvas_ids=(),
            annotation_pages={},
            sanitise=lambda text: text,
        )
        assert raw == before, name
        assert done["service"][:2] == IDS.services, name
        assert canvas_ids(done) == canvas_ids(raw), name


def canvas_ids(manifest: dict[str, Any]) -> list[Any]:
    canvases = list(manifest.get("items", []))
    for sequence in manifest.get("sequences", []):
        canvases += sequence.get("canvases", [])
    return [canvas.get("@id", canvas.get("id")) for canvas in canvases]


def test_what_we_publish_is_read_by_a_strict_reader() -> None:
    """iiif-prezi3 validates as it reads; it knows version 3 only."""
    manifest = json.loads((FOLDER / "manifest3.json").read_text(encoding="utf-8"))
    assert iiif_prezi3.Manifest(**manifest).service[0].id is not None
    listed = json.loads((FOLDER / "collection.json").read_text(encoding="utf-8"))
    assert len(iiif_prezi3.Collection(**listed).items) == 2
