"""Who may see an image: the authorisation services beside it, and the one to ask beforehand.

Sources: Authorization Flow API 2.0, sections 3 to 6 (AuthProbeService2 and those within it);
Authentication API 1.0 (login, clickthrough, kiosk, external) and its drafts, 0.9 and those in
the context of Image API 2. Presentation API 3.0, section 3.5: ``services`` describes what is
referred to by id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalog.iiif.descriptive import join
from catalog.iiif.identity import normalise_uri
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import flattened, id_of, text_of, types_of

_AUTH = re.compile(
    r"/auth/\d|/auth/(?:login|clickthrough|kiosk|external|token|logout|probe|access|active)"
    r"|Auth(?:Cookie|Token|Logout|Probe|Access)\w{0,20}Service",
    re.IGNORECASE,
)
_SAYING = ("type", "@type", "profile", "dcterms:conformsTo", "conformsTo", "@context")
#: Where services stand. "auth" is of drafts.
_KEYS = ("service", "services", "auth")
_PROBE = re.compile(r"^authprobeservice", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Guard:
    """Whether a service guards something, and the URL that tells a visitor's rights; "" if
    none does."""

    restricted: bool = False
    probe: str = ""


def note_services(obj: dict[str, Any], reading: Reading) -> bool:
    """Keep what a manifest says of its services once for all images (`Reading.services`).
    True where a login is among them."""
    found = False
    for service, _ in _services(obj, reading, ""):
        found = found or is_auth(service)
        # Two may have one id, of which one is but a reference: the one that says more counts.
        if raw := id_of(service):
            key = normalise_uri(reading.absolute(raw, "services") or raw)
            if len(service) > len(reading.services.get(key, {})):
                reading.services[key] = service
    return found


def read_guard(obj: dict[str, Any], reading: Reading, path: str) -> Guard:
    """What guards an image resource: services of its own or of its image service, at any depth,
    described there or referred to."""
    restricted, probe = False, ""
    for service, at in _services(obj, reading, path):
        if not is_auth(service):
            continue
        restricted = True
        if not probe and any(_PROBE.match(name) for name in types_of(service)):
            probe = reading.fetchable(id_of(service), at) if id_of(service) else ""
    return Guard(restricted, probe)


def without_auth(value: Any, reading: Reading) -> Any:
    """``service`` values without those that are authorisation: a reference to one says nothing
    of what it is, and looks like an image service."""
    elements = [element for element, _ in flattened(value, "")]
    kept = [e for e in elements if not is_auth(_described(e, reading))]
    return value if len(kept) == len(elements) else kept


def is_auth(service: dict[str, Any]) -> bool:
    texts = (
        id_of(element) if isinstance(element, dict) else text_of(element)
        for key in _SAYING
        for element, _ in flattened(service.get(key), "")
    )
    return any(_AUTH.search(text) for text in texts)


def _services(
    obj: dict[str, Any], reading: Reading, path: str, seen: set[int] | None = None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Every service on ``obj``, and those on services, each once, with the path of each."""
    known = set() if seen is None else seen
    for key in _KEYS:
        for element, at in flattened(obj.get(key), join(path, key)):
            service = _described(element, reading)
            if not service or id(service) in known:
                continue  # services refer to each other
            known.add(id(service))
            yield service, at
            yield from _services(service, reading, at, known)


def _described(element: Any, reading: Reading) -> dict[str, Any]:
    """A service, or what the document says elsewhere of one that is only referred to."""
    own = element if isinstance(element, dict) else {}
    raw = id_of(element)
    if not raw or not reading.services or any(own.get(key) for key in ("profile", *_KEYS)):
        return own
    return reading.services.get(normalise_uri(raw), own)
