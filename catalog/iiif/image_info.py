"""An image service's own account of itself: info.json of Image API 1.0, 1.1, 2.x and 3.

Sources: Image API 1.0 section 5, 1.1 section 5, 2.1 section 5, 3.0 section 5 and the compliance
documents beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from catalog.iiif.auth import read_guard
from catalog.iiif.errors import NotImageInfo
from catalog.iiif.identity import normalise_uri
from catalog.iiif.reading import Reading
from catalog.iiif.services import service_base, split_image_url, version_and_level
from catalog.iiif.shapes import as_list, flattened, id_of, plain_whole, text_of
from catalog.iiif.types import ImageApiVersion, ReadingWarning

#: More scale factors or sizes than this are not read: nobody publishes so many in earnest.
_MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class TileSet:
    """Tiles of ``width`` by ``height`` pixels, offered at each of ``scale_factors`` (ascending)."""

    width: int
    height: int
    scale_factors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImageService:
    """What an image service offers.

    ``id`` is the base URI without trailing slash; ``width`` and ``height`` are pixels of the full
    image; ``sizes`` are (width, height) of whole-image derivatives, ascending. ``level`` is None
    where none that exists is named; such a service is asked as if of level 1, as most are.
    ``max_width``, ``max_height`` and ``max_area`` bound every answer (3.0, section 5.2).
    ``supports_region`` tells that any region in pixels may be asked for, ``supports_size`` any
    width; ``size_by_wh``, that width and height are to be told together. ``restricted``: an
    authorisation service guards it; ``probe`` is that one's AuthProbeService2, "" if it has none.
    """

    id: str
    version: ImageApiVersion
    level: Literal[0, 1, 2] | None
    width: int
    height: int
    sizes: tuple[tuple[int, int], ...] = ()
    tiles: tuple[TileSet, ...] = ()
    max_width: int | None = None
    max_height: int | None = None
    max_area: int | None = None
    formats: tuple[str, ...] = ("jpg",)
    qualities: tuple[str, ...] = ("default",)
    supports_region: bool = True
    supports_size: bool = True
    size_by_wh: bool = False
    restricted: bool = False
    probe: str = ""
    warnings: tuple[ReadingWarning, ...] = field(default=(), compare=False)

    @property
    def quality(self) -> str:
        """The quality to ask for: the picture as it is (1.x ``native``, since then ``default``)."""
        return "native" if self.version in ("1.0", "1.1") else "default"

    @property
    def format(self) -> str:
        """The format to ask for. jpg wherever it is on offer: every level has it since 2.0."""
        if "jpg" in self.formats or not self.formats:
            return "jpg"
        return "png" if "png" in self.formats else self.formats[0]


def parse_info(data: Any, base: str | None = None) -> ImageService:
    """Read the JSON of an info.json.

    ``base`` is the base URI under which it was fetched. It wins over the document's own id,
    with a warning where they differ: static pyramids are copied without their id being changed,
    and servers behind proxies give inner names. Raises `NotImageInfo` where there is no base at
    all or the full image's width and height are not told.
    """
    reading = Reading(url=base or "")
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        raise NotImageInfo("This is no info.json: it is not a JSON object.", url=base or "")
    service_id = _id(data, base, reading)
    width, height = plain_whole(data.get("width")), plain_whole(data.get("height"))
    if not width or not height:
        said = f"width {data.get('width')!r:.40}, height {data.get('height')!r:.40}"
        raise NotImageInfo(f"The image's size is not told ({said}).", url=service_id)
    for key in ("width", "height"):
        if isinstance(data[key], str):
            reading.warn("number-as-text", "A number is written as text.", key)

    details = [e for e, _ in flattened(data.get("profile"), "") if isinstance(e, dict)]
    version, level = _version_and_level(data, details, reading)
    features = {
        text.rsplit("#")[-1].rsplit("/")[-1]
        for holder in (data, *details)
        for key in ("supports", "extraFeatures")
        for text in map(text_of, as_list(holder.get(key)))
        if text
    }
    max_width, max_height, max_area = _maxima(data, details)
    dynamic = level is None or level >= 1
    guard = read_guard(data, reading, "")
    return ImageService(
        id=service_id,
        version=version,
        level=level,
        width=width,
        height=height,
        sizes=_sizes(data.get("sizes"), reading),
        tiles=_tiles(data, reading),
        max_width=max_width,
        max_height=max_height,
        max_area=max_area,
        formats=_words(data, details, ("formats",), ("extraFormats",), "jpg"),
        qualities=_words(
            data,
            details,
            ("qualities",),
            ("extraQualities",),
            "native" if version in ("1.0", "1.1") else "default",
        ),
        supports_region=dynamic or "regionByPx" in features,
        supports_size=dynamic or "sizeByW" in features or "sizeByWh" in features,
        size_by_wh=_size_by_wh(version, level, features),
        restricted=guard.restricted,
        probe=guard.probe,
        warnings=reading.warnings(),
    )


def _size_by_wh(version: ImageApiVersion, level: int | None, features: set[str]) -> bool:
    """3.0 has ``w,h`` for its canonical form; of level 1 the table of its compliance document
    (section 3.2) says both that it is optional and that it is required."""
    if version != "3":
        return False
    return level == 2 or "sizeByWh" in features


def _id(data: dict[str, Any], base: str | None, reading: Reading) -> str:
    own = service_base(id_of(data))
    if not own and data.get("identifier") and not base:
        raise NotImageInfo(
            "It tells an identifier but not where the service is (Image API 1.0).",
            fix="Give the URL under which the info.json was fetched.",
        )
    if parts := split_image_url(own):
        own = parts[0]
    if base:
        base = service_base(base)
        if own and normalise_uri(own) != normalise_uri(base):
            reading.warn("id-differs", f"It calls itself {own}; asked at {base} all the same.")
        elif not own and not data.get("identifier"):
            reading.warn("id-missing", "It does not tell its id.")
        return base
    if not own:
        raise NotImageInfo("It tells no id, and its URL is not known.")
    return own


def _version_and_level(
    data: dict[str, Any], details: list[dict[str, Any]], reading: Reading
) -> tuple[ImageApiVersion, Literal[0, 1, 2] | None]:
    keys = ("type", "@type", "@context", "profile", "dcterms:conformsTo", "conformsTo")
    texts = [
        text
        for key in keys
        for element, _ in flattened(data.get(key), "")
        if (text := id_of(element) if isinstance(element, dict) else text_of(element))
    ]
    version, level, known = version_and_level(texts)
    if version is None:
        version = _version_by_shape(data)
        reading.warn("version-missing", f"It tells no version; read as {version}.")
    if level is None:
        why = "no compliance level" if known else "a compliance level that does not exist"
        reading.warn("level-unknown", f"It names {why}; asked as if of level 1.")
    return version, level


def _version_by_shape(data: dict[str, Any]) -> ImageApiVersion:
    if "identifier" in data:
        return "1.0"
    if any(key in data for key in ("scale_factors", "tile_width", "tile_height")):
        return "1.1"
    if "id" in data and "@id" not in data:
        return "3"
    return "2"


def _sizes(value: Any, reading: Reading) -> tuple[tuple[int, int], ...]:
    found: set[tuple[int, int]] = set()
    for element in as_list(value)[:_MOST_LISTED]:
        if isinstance(element, dict):
            width, height = plain_whole(element.get("width")), plain_whole(element.get("height"))
        elif isinstance(element, list) and len(element) == 2:
            width, height = plain_whole(element[0]), plain_whole(element[1])
        else:
            pair = re.fullmatch(r"(\d{1,9})\s*[,x]\s*(\d{1,9})", text_of(element), re.ASCII)
            width, height = (int(pair[1]), int(pair[2])) if pair else (None, None)
        if width and height:
            found.add((width, height))
        else:
            reading.warn("size-unreadable", "One of the sizes has no width and height.", "sizes")
    return tuple(sorted(found))


def _tiles(data: dict[str, Any], reading: Reading) -> tuple[TileSet, ...]:
    """``tiles`` (2.0 and later), ``tile_width`` and ``scale_factors`` (1.x)."""
    found: list[TileSet] = []
    for element in as_list(data.get("tiles"))[:_MOST_LISTED]:
        if not isinstance(element, dict):
            reading.warn("tiles-unreadable", "A tile set is not an object.", "tiles")
            continue
        factors = _factors(element.get("scaleFactors", element.get("scale_factors")))
        _add_tiles(element.get("width"), element.get("height"), factors, found, reading)
    if not found and ("tile_width" in data or "scale_factors" in data):
        factors = _factors(data.get("scale_factors"))
        width = data.get("tile_width", data.get("tile_height"))
        if width is not None:
            _add_tiles(width, data.get("tile_height"), factors, found, reading)
    return tuple(found)


def _add_tiles(
    raw_width: Any,
    raw_height: Any,
    factors: tuple[int, ...],
    found: list[TileSet],
    reading: Reading,
) -> None:
    width = plain_whole(raw_width)
    height = plain_whole(raw_height) or width  # 2.1, section 5.3: equal where it is not told
    if not width or not height:
        reading.warn("tiles-unreadable", "A tile set has no width.", "tiles")
        return
    found.append(TileSet(width, height, factors or (1,)))


def _factors(value: Any) -> tuple[int, ...]:
    numbers = (plain_whole(v) for v in as_list(value)[:_MOST_LISTED])
    return tuple(sorted({n for n in numbers if n}))


def _maxima(
    data: dict[str, Any], details: list[dict[str, Any]]
) -> tuple[int | None, int | None, int | None]:
    def least(key: str) -> int | None:
        found = [plain_whole(holder.get(key)) for holder in (data, *details)]
        return min((n for n in found if n), default=None)

    max_width, max_height = least("maxWidth"), least("maxHeight")
    # A width alone bounds both (2.1 and 3.0: "maxHeight defaults to maxWidth").
    return max_width, max_height or max_width, least("maxArea")


def _words(
    data: dict[str, Any],
    details: list[dict[str, Any]],
    listed: tuple[str, ...],
    extra: tuple[str, ...],
    default: str,
) -> tuple[str, ...]:
    def under(keys: tuple[str, ...]) -> list[str]:
        return [
            text.lower()
            for holder in (data, *details)
            for key in keys
            for text in map(text_of, as_list(holder.get(key)))
            if re.fullmatch(r"[A-Za-z0-9]{1,12}", text, re.ASCII)
        ]

    return tuple(dict.fromkeys([*(under(listed) or [default]), *under(extra)]))
