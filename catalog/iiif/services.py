"""Image services as manifests speak of them, and the authorisation services beside them.

Sources: Image API 1.0, 1.1, 2.1, 3.0 (sections on compliance levels and their URIs), Linking to
External Services (annex), Authorization Flow API 0 to 2.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from catalog.iiif.auth import is_auth
from catalog.iiif.identity import normalise_uri
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, flattened, id_of, plain_whole, text_of
from catalog.iiif.types import ImageApiVersion, ServiceRef

_NOT_IMAGE = re.compile(
    r"annex|/search/|/autocomplete|SearchService|AutoComplete|geojson|physdim|tracking"
    r"|access-control|content-?advisory|discovery|/text/|/transcript",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"ImageService|image-api|/image/\d|api/image|level\s*\d|compliance", re.I)
_LEVEL = re.compile(r"level[\s_-]*(\d+)", re.IGNORECASE | re.ASCII)
_VERSION_BY_TYPE = re.compile(r"ImageService\s*(\d)", re.IGNORECASE | re.ASCII)
_VERSION_BY_URI = re.compile(r"/image/(\d)(?:[./#]|$)", re.ASCII)
_VERSION_STANFORD = re.compile(r"image-api/(1\.[01])?", re.ASCII)

#: An Image API request URL: base, region, size, rotation, quality, format (2.1, section 3).
_IMAGE_URL = re.compile(
    r"^(?P<base>.+?)/(?P<region>full|square|(?:pct:)?\d[\d.]*(?:,\d[\d.]*){3})"
    r"/(?P<size>\^?max|full|\^?!?\d*,\d*|\^?pct:[\d.]+)"
    r"/(?P<rotation>!?\d[\d.]*)/(?P<quality>[A-Za-z]+)(?:\.(?P<format>\w+))?(?:[?#].*)?$",
    re.ASCII,
)

_VERSIONS: dict[str, ImageApiVersion] = {"0": "1.0", "1": "1.1", "2": "2", "3": "3"}
_RANK = {None: 0, "1.0": 1, "1.1": 2, "2": 3, "3": 4}


def service_base(url: str) -> str:
    """The base URI of an image service: without ``/info.json``, slashes or spaces at its end.

    A query stays: ``iipsrv.fcgi?IIIF=picture.tif`` is a base URI that occurs.
    """
    return re.sub(r"/+info\.json(?:[?#].*)?$", "", url.strip()).rstrip("/")


def split_image_url(url: str) -> tuple[str, str, str, str] | None:
    """(base, region, size, rotation) of an Image API request URL; None for any other URL."""
    match = _IMAGE_URL.match(url.strip())
    if match is None:
        return None
    return match["base"], match["region"], match["size"], match["rotation"]


def version_and_level(
    texts: list[str],
) -> tuple[ImageApiVersion | None, Literal[0, 1, 2] | None, bool]:
    """What a service's type, context and profiles say: version, level, and whether the level
    named is one that exists.

    Profile URIs are matched by pattern, for they are written in many ways: ``http;//``,
    ``iiiif.io``, a leading space, ``profiles/level2.json``, ``compliance.html#level1``.
    """
    joined = " ".join(texts)
    version: ImageApiVersion | None = None
    if (by_type := _VERSION_BY_TYPE.search(joined)) or (by_type := _VERSION_BY_URI.search(joined)):
        version = _VERSIONS.get(by_type[1])
    elif stanford := _VERSION_STANFORD.search(joined):
        version = cast(ImageApiVersion, stanford[1] or "1.0")
    level = _LEVEL.search(joined)
    if level is None:
        return version, None, True
    if level[1] in ("0", "1", "2"):
        return version, cast(Literal[0, 1, 2], int(level[1])), True
    return version, None, False


def read_image_service(
    value: Any, image_url: str, reading: Reading, path: str
) -> tuple[ServiceRef | None, bool]:
    """The image service among ``service`` values, and whether an authorisation service guards it.

    ``value`` is an object, a text, or lists of them. Of several image services the one of the
    highest Image API version is taken. ``image_url`` is that of the image it belongs to, from
    which a missing id is made out.
    """
    refs: list[ServiceRef] = []
    restricted = False
    for element, where in flattened(value, path):
        if isinstance(element, str):
            ref = _from_text(element, reading, where)
        elif isinstance(element, dict):
            restricted = restricted or is_auth(element) or _has_auth(element.get("service"))
            ref = _from_object(element, image_url, reading, where)
        else:
            reading.warn("service-not-object", "A service is neither object nor text.", where)
            continue
        if ref is not None:
            refs.append(ref)
    if not refs:
        return None, restricted
    return max(refs, key=lambda r: (_RANK[r.version], -1 if r.level is None else r.level)), (
        restricted
    )


def _has_auth(value: Any) -> bool:
    return any(
        isinstance(element, dict) and (is_auth(element) or _has_auth(element.get("service")))
        for element, _ in flattened(value, "")
    )


def _descriptions(obj: dict[str, Any]) -> list[str]:
    """Every text in which a service says what it is, the most telling first."""
    keys = ("type", "@type", "profile", "dcterms:conformsTo", "conformsTo", "@context", "protocol")
    texts: list[str] = []
    for key in keys:
        for element, _ in flattened(obj.get(key), ""):
            if isinstance(element, dict):
                element = id_of(element)
            if text := text_of(element):
                texts.append(text)
    return texts


def _from_text(value: str, reading: Reading, path: str) -> ServiceRef | None:
    if not value.strip():
        return None
    reading.warn("service-as-text", "The service is a bare URI; its info.json tells more.", path)
    base = reading.fetchable(service_base(value), path)
    return ServiceRef(base) if base else None


def _from_object(
    obj: dict[str, Any], image_url: str, reading: Reading, path: str
) -> ServiceRef | None:
    texts = _descriptions(obj)
    joined = " ".join(texts)
    if is_auth(obj):
        return None
    if not _IMAGE.search(joined):
        if _NOT_IMAGE.search(joined):
            return None
        if not id_of(obj):
            reading.warn("service-unknown", "A service says neither what nor where it is.", path)
            return None
        if texts and not obj.get("tiles") and not obj.get("sizes"):
            reading.warn(
                "service-unknown", f"A service of an unknown kind is ignored: {texts[0]}", path
            )
            return None
        reading.warn("service-unlabelled", "A service without a profile; taken for images.", path)
    base = _base(obj, image_url, reading, path)
    if not base:
        return None
    profiles = _profile_texts(obj)
    version, level, known = version_and_level(texts)
    if not known:
        reading.warn(
            "level-unknown",
            f"The profile {profiles[0] if profiles else joined!r} names a level that does not"
            " exist; the service's info.json decides.",
            path,
        )
    return ServiceRef(
        id=base,
        version=version,
        level=level,
        profile_raw=profiles[0] if profiles else "",
        width=plain_whole(obj.get("width")) or None,
        height=plain_whole(obj.get("height")) or None,
    )


def _profile_texts(obj: dict[str, Any]) -> list[str]:
    for key in ("profile", "dcterms:conformsTo", "conformsTo"):
        found = [id_of(e) if isinstance(e, dict) else text_of(e) for e in as_list(obj.get(key))]
        if any(found):
            return [text for text in found if text]
    return []


def _base(obj: dict[str, Any], image_url: str, reading: Reading, path: str) -> str:
    raw = id_of(obj)
    if not raw:
        parts = split_image_url(image_url)
        if parts is None:
            reading.warn("service-without-id", "An image service has no id; ignored.", path)
            return ""
        reading.warn(
            "service-without-id", "An image service has no id; made out from the image.", path
        )
        return parts[0]
    base = service_base(raw)
    if parts := split_image_url(base):
        reading.warn(
            "service-id-is-image",
            "The id of an image service is the URL of one image; its beginning is taken.",
            path,
        )
        base = parts[0]
    return reading.fetchable(base, path)


def is_of_service(image_url: str, service: ServiceRef) -> bool:
    """Whether ``image_url`` is a request to ``service`` (scheme and encoding do not matter)."""
    parts = split_image_url(image_url)
    return parts is not None and normalise_uri(parts[0]) == normalise_uri(service.id)
