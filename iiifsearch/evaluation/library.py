"""A library made of a folder of pictures, for as long as an evaluation takes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from numpy.typing import NDArray
from psycopg import sql

from catalog import decode
from catalog.models import Canvas, Manifest, ManifestCanvas, permanent_key
from iiifsearch.index import ann, features

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]

BATCH = 32
LONG_SIDE = 1024
MOST_PIXELS = 100_000_000


class NotEvaluated(ValueError):
    """The folder, or the database, does not hold what the evaluation needs."""


def read(path: Path) -> Pixels:
    """uint8 (H, W, 3) of a picture in a file, decoded as those of museums are."""
    return decode.decode(path.read_bytes(), max_pixels=MOST_PIXELS, long_side=LONG_SIDE)


def pictures_in(folder: Path) -> list[Path]:
    """All JPEG and PNG files under a folder, sorted. Raises NotEvaluated where there is none."""
    suffixes = {".jpg", ".jpeg", ".png"}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    if not found:
        raise NotEvaluated(f"{folder} holds no JPEG or PNG file.")
    return found


@contextmanager
def database() -> Iterator[None]:
    """A new, empty database beside the one of the settings, dropped at the end."""
    own = connection.settings_dict["NAME"]
    name = f"evaluation_{os.getpid()}"
    address = {**connection.get_connection_params(), "dbname": own, "autocommit": True}
    address = {
        key: address[key]
        for key in ("dbname", "user", "password", "host", "port")
        if address.get(key)
    }
    statement = sql.SQL("{} {}").format
    with psycopg.connect(**address, autocommit=True) as admin:
        try:
            admin.execute(statement(sql.SQL("CREATE DATABASE"), sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise NotEvaluated(
                "An evaluation makes a database of its own, which this user of Postgres may not: "
                "GRANT CREATEDB to it, or unset DATABASE_URL to use the embedded server."
            ) from error
        connections.close_all()
        connection.settings_dict["NAME"] = name
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = own
            admin.execute(
                statement(sql.SQL("DROP DATABASE"), sql.Identifier(name)) + sql.SQL(" WITH (FORCE)")
            )


def fill(
    paths: Sequence[Path],
    keys: Sequence[str],
    progress: Callable[[int], object] = lambda count: None,
) -> list[int]:
    """Make a canvas of each file, with those features that ``keys`` name (`features.live`); ids of
    the canvases, in order."""
    manifest = Manifest.objects.create(
        key=permanent_key("manifest", "evaluation"),
        uri="urn:evaluation",
        raw_id="urn:evaluation",
        version=3,
        raw={},
        harvested_at=timezone.now(),
    )
    makers = [feature for feature in features.live() if feature.key in keys]
    ids: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(paths), BATCH):
            some = paths[start : start + BATCH]
            arrays = list(pool.map(read, some))
            made = [(feature, feature.make(arrays)) for feature in makers]
            with transaction.atomic():
                canvases = Canvas.objects.bulk_create(
                    [_canvas(path, array) for path, array in zip(some, arrays, strict=True)]
                )
                new = [canvas.pk for canvas in canvases]
                ManifestCanvas.objects.bulk_create(
                    [
                        ManifestCanvas(canvas=canvas, manifest=manifest, position=len(ids) + n)
                        for n, canvas in enumerate(canvases)
                    ]
                )
                for feature, items in made:
                    feature.put(new, items)
            ids += new
            progress(len(new))
    ann.build_all()
    return ids


def _canvas(path: Path, array: Pixels) -> Canvas:
    uri = f"urn:evaluation:{path}"
    height, width = array.shape[:2]
    return Canvas(
        key=permanent_key("canvas", uri),
        uri=uri,
        raw_id=uri,
        title=path.stem,
        width=width,
        height=height,
    )
