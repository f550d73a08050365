"""What a server says of an image, and whom it lets see it.

A server may answer for an image that is behind a login with another, smaller one for everybody:
by a redirect to that one's info.json, in the body of a 401, or by its probe service.

Sources: Authentication API 1.0, section 3.2 (degraded access); Authorization Flow API 2.0,
section 5.2 (AuthProbeResult2: ``status``, ``substitute``, ``location``).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from catalog.conf import options
from catalog.http import ACCEPT_IIIF, FetchError, StatusError, fetch
from catalog.iiif.errors import IIIFError, NotImageInfo
from catalog.iiif.identity import fetchable, normalise_uri
from catalog.iiif.image_info import ImageService, parse_info
from catalog.iiif.reading import Reading
from catalog.iiif.services import read_image_service, service_base
from catalog.iiif.shapes import as_list, id_of, plain_whole
from catalog.pixels import ImageError

#: How long an info.json is taken to be true: a re-digitised image changes its size.
INFO_SECONDS = 600.0

FOR_EVERYBODY = "This is the version for everybody: the full one is behind a login."


@dataclass(frozen=True)
class Described:
    """A service by its info.json. ``limited``: "" or `FOR_EVERYBODY`, where another image was
    described than the one that was asked for."""

    service: ImageService
    limited: str = ""


@dataclass(frozen=True)
class Substitute:
    """What is to be asked for in place of an image: a service, or a plain URL."""

    service_id: str
    url: str
    limited: str


def described(service_id: str) -> Described:
    """The service's info.json, at most some minutes old. Raises FetchError, IIIFError."""
    return _described(service_id, int(time.monotonic() // INFO_SECONDS))


def forget_infos() -> None:
    """Ask every server anew (for tests)."""
    _described.cache_clear()


@lru_cache(maxsize=512)
def _described(service_id: str, period: int) -> Described:
    asked = f"{service_id}/info.json"
    refusal: StatusError | None = None
    try:
        answer = fetch(asked, max_bytes=options.max_json_bytes, accept=ACCEPT_IIIF)
        body, url = answer.body, answer.url if answer.redirects else asked
    except StatusError as error:
        if error.status not in (401, 403):
            raise
        refusal, body, url = error, getattr(error, "body", b""), error.url
    try:
        data = _json(body, url)
        base = _base(data, service_id, url, refused=refusal is not None)
        service = parse_info(data, base)
    except IIIFError:
        if refusal is not None:
            raise refusal from None
        raise
    another = normalise_uri(base) != normalise_uri(service_id)
    guarded = refusal is not None or service.restricted
    return Described(service, FOR_EVERYBODY if another and guarded else "")


def _base(data: dict[str, Any], service_id: str, url: str, *, refused: bool) -> str:
    """Where the image that ``data`` describes is asked for.

    The address that was asked, unless it led on to another service: then that one. A redirect to
    a mere file (a signed URL, a cache) is none; the document's own id tells the two apart.
    """
    own, came_from = service_base(id_of(data)), service_base(url)
    if not own.startswith(("http://", "https://")) or normalise_uri(own) == normalise_uri(
        service_id
    ):
        return service_id
    moved = came_from != service_id
    if moved and normalise_uri(own) == normalise_uri(came_from):
        return came_from
    hosts = {urlsplit(service_id).hostname, urlsplit(came_from).hostname}
    if (moved or refused) and urlsplit(own).hostname in hosts:
        return fetchable(own)
    return service_id


def substitute(probe: str) -> Substitute | None:
    """What a probe service (Auth 2.0) names in an image's place; None where the image itself may
    be asked for, as far as it says.

    It is asked once, as anybody. Raises ImageError ("restricted") where it says that nobody but
    those who log in may see the image, and FetchError for what may be otherwise later.
    """
    try:
        answer = fetch(probe, max_bytes=options.max_json_bytes, accept=ACCEPT_IIIF)
        body, url = answer.body, answer.url
    except FetchError as error:
        if error.transient:
            raise
        body, url = getattr(error, "body", b""), probe
    try:
        data = _json(body, url)
    except IIIFError:
        return None  # it tells nothing: the image server will
    status = plain_whole(data.get("status")) or 200
    refused = status in (401, 403)
    named = data.get("substitute") if refused else data.get("location")
    for element in as_list(named):
        if (found := _substitute(element, url, FOR_EVERYBODY if refused else "")) is not None:
            return found
    if refused:
        raise ImageError(
            f"{probe}: the authorisation service answers {status} and offers nothing for "
            "everybody. The image is restricted.",
            kind="restricted",
        )
    return None


def _substitute(element: Any, probe: str, limited: str) -> Substitute | None:
    if isinstance(element, str):
        element = {"id": element}
    if not isinstance(element, dict) or not id_of(element):
        return None
    reading = Reading(url=probe)
    url = reading.fetchable(id_of(element), "")
    kind = str(element.get("type", element.get("@type", "")))
    if "ImageService" in kind:
        return Substitute(service_base(url), "", limited) if url else None
    service, _ = read_image_service(element.get("service"), url, reading, "")
    return Substitute(service.id if service else "", url, limited) if url or service else None


def _json(body: bytes, url: str) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotImageInfo("It is no JSON.", url=url) from error
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        raise NotImageInfo("It is no JSON object.", url=url)
    return data
