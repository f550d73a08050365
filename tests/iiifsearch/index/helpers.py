"""Pictures that wait to be looked at, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.models import F

from catalog.harvest import pictures, wanted
from catalog.models import Canvas
from tests.iiifsearch.conftest import Library


def to_make(*, keep: bool = True, **which: Any) -> list[Canvas]:
    """Canvases whose pictures were wanted anew, and are not looked at yet."""
    Canvas.objects.filter(**which).update(pixel_revision=F("pixel_revision") + 1)
    canvases = list(Canvas.objects.filter(**which).order_by("pk"))
    wanted.want_pictures(canvases, None, keep=keep)
    return canvases


def host(library: Library) -> str:
    return library.server.base.removeprefix("http://")


def fetched(library: Library) -> list[Canvas]:
    canvases = to_make()
    assert pictures.fetch_of(host(library)).kept == 4
    return canvases


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    told: list[Any] = []

    def body() -> None:
        try:
            told.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread, told
