"""People with and without permissions, and rows to look at."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.decode import encode_jpeg
from catalog.models import (
    Canvas,
    CanvasImage,
    Collection,
    Comment,
    Manifest,
    ManifestCanvas,
    Source,
    permanent_key,
)
from tests.people import signed_in
from tests.pictures import keep_picture

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}
    return tmp_path


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    """A signed-in member of staff with these permissions of ``catalog`` ("view_canvas")."""
    return partial(signed_in, staff=True)


@pytest.fixture
def curator(db: None) -> User:
    return User.objects.create_superuser("curator", first_name="Marta", last_name="Ruiz")


@pytest.fixture
def curators_client(curator: User) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def make_source(url: str = "") -> Source:
    return Source.objects.create(url=url or f"https://example.org/{next(_numbers)}/manifest.json")


def make_manifest(**values: Any) -> Manifest:
    uri = f"https://example.org/{next(_numbers)}/manifest"
    defaults: dict[str, Any] = {
        "key": permanent_key("manifest", uri),
        "uri": uri,
        "url": uri,
        "version": 3,
        "title": "The harbour",
        "raw": {"id": uri, "type": "Manifest"},
        "content_hash": "0",
        "harvested_at": timezone.now(),
        "metadata": [{"label": {"en": ["Technique"]}, "value": {"en": ["Oil on canvas"]}}],
        "warnings": [{"code": "odd", "message": "Something was odd.", "path": "items[0]"}],
    }
    return Manifest.objects.create(**(defaults | values))


def make_canvas(*manifests: Manifest, picture: bool = False, **values: Any) -> Canvas:
    number = next(_numbers)
    uri = f"https://example.org/canvas/{number}"
    defaults: dict[str, Any] = {
        "key": permanent_key("canvas", uri),
        "uri": uri,
        "raw_id": uri,
        "title": f"The harbour, view {number}",
        "width": 1000,
        "height": 800,
    }
    canvas = Canvas.objects.create(**(defaults | values))
    for manifest in manifests:
        ManifestCanvas.objects.create(canvas=canvas, manifest=manifest, position=number)
    CanvasImage.objects.create(
        canvas=canvas, ordinal=0, service_id=f"https://example.org/i/{number}"
    )
    make_comment(canvas, manifest=manifests[0] if manifests else None)
    if picture:
        keep_picture(canvas, encode_jpeg(np.full((80, 100, 3), 90, np.uint8)))
    return canvas


def make_comment(canvas: Canvas, **values: Any) -> Comment:
    defaults: dict[str, Any] = {
        "canvas": canvas,
        "key": permanent_key("test comment", str(next(_numbers))),
        "origin": Comment.Origin.LABEL,
        "body": "Boats at dusk",
    }
    return Comment.objects.create(**(defaults | values))


def make_collection(title: str = "Boats", **values: Any) -> Collection:
    key = permanent_key("test collection", str(next(_numbers)))
    return Collection.objects.create(key=key, title=title, **values)
