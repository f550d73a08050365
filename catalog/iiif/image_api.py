"""Which URLs give the pixels of a region of an image at about a wanted size.

Sources: Image API 1.1, 2.1 and 3.0, section 4 (request parameters) and their compliance
documents; implementation notes 3.0, section 3 (tile regions) and 4 (maximum sizes).

The forms used are the ones every server of a level must know: ``x,y,w,h`` or ``full`` for the
region, never ``pct:``; for the size ``w,``, in 3.0 ``w,h`` where the server must know it (level
2) or lists it, never ``!w,h``; and no enlargement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from catalog.geometry import Rect, Transform
from catalog.iiif.errors import IIIFError
from catalog.iiif.identity import fetchable
from catalog.iiif.image_info import ImageService, TileSet, parse_info
from catalog.iiif.services import service_base, split_image_url

__all__ = [
    "ImagePlan",
    "ImageRequest",
    "ImageService",
    "RegionOutside",
    "TileSet",
    "parse_info",
    "plan",
    "service_base",
    "split_image_url",
]

#: More tiles than this for one picture is no way to treat a server.
MOST_TILES = 144
#: Fetch tiles rather than a listed size where that spares at least this factor of pixels.
_TILES_WORTH = 4


class RegionOutside(IIIFError):
    """A region was asked for that shares no pixel with the image."""

    default_fix = "Check the annotation's xywh and the canvas's size."


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One URL. ``source`` is what it shows, in pixels of the full image; the answer is expected
    to be ``width`` by ``height`` pixels (servers round differently by one). ``is_whole``: it asks
    for the whole image."""

    url: str
    source: Rect
    width: int
    height: int
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """Requests which, laid side by side, show ``source`` in ``width`` by ``height`` pixels.

    ``source`` is in pixels of the full image, and covers the region asked for; it is larger
    where a level 0 service gives only whole images or tiles. ``region`` is that region, cut to
    the image; ``crop`` is the same in pixels of what is fetched. ``transform`` leads from the
    full image to what is fetched. ``limited`` says why it is smaller than asked for although
    the image has more; "" if it is not.
    """

    requests: tuple[ImageRequest, ...]
    source: Rect
    width: int
    height: int
    region: Rect
    transform: Transform
    limited: str = ""

    @property
    def crop(self) -> Rect:
        """The region asked for, in pixels of what is fetched."""
        return self.transform.apply(self.region)

    def offset_of(self, request: ImageRequest) -> tuple[int, int]:
        """(left, top) of a request's answer in the fetched whole."""
        x, y = self.transform.apply_point(request.source.x, request.source.y)
        return round(x), round(y)


def plan(service: ImageService, region: Rect | None, long_side: int) -> ImagePlan:
    """How to get ``region`` (pixels of the full image; None: all of it) with at least
    ``long_side`` pixels on its longer side, or all there is if it has fewer.

    Raises `RegionOutside` where the region misses the image.
    """
    full = Rect.of_size(service.width, service.height)
    wanted = full
    if region is not None:
        shared = region.intersection(full)
        if shared is None:
            raise RegionOutside(
                f"The region {region.as_tuple()} lies outside the image of"
                f" {service.width} x {service.height} pixels.",
                url=service.id,
            )
        x, y, w, h = shared.rounded_out()
        wanted = Rect(x, y, min(w, service.width - x), min(h, service.height - y))
    # The scale at which the region has the wanted size; never above 1, nothing is enlarged.
    scale = min(1.0, max(1, long_side) / max(wanted.w, wanted.h))
    if service.supports_size:
        asked = wanted if service.supports_region else full
        return _one_request(service, asked, wanted, scale)
    if service.supports_region and not service.sizes and not service.tiles:
        return _one_request(service, wanted, wanted, scale, by_word=True)
    return _fixed(service, wanted, scale)


def _one_request(
    service: ImageService, source: Rect, wanted: Rect, scale: float, by_word: bool = False
) -> ImagePlan:
    """One request for ``source`` at ``scale``; ``by_word``: all there is, at whatever size, for
    a server that takes no size in numbers."""
    allowed = _allowed_scale(service, source)
    limited = ""
    if scale > allowed:
        limited = (
            f"The service gives no more than {_maxima_said(service)}: {allowed:.1%} of the size"
            " that the image has there."
        )
    if by_word or limited:
        width, height = _within_maxima(service, source, allowed)
    else:
        width, height = math.ceil(source.w * scale - 1e-9), math.ceil(source.h * scale - 1e-9)
    width = min(max(1, width), int(source.w))
    height = min(max(1, height), int(source.h))
    whole = width == source.w and height == source.h
    if by_word or whole:
        size = _largest_word(service)
    elif service.size_by_wh:
        size = f"{width},{height}"
    else:
        size = f"{width},"
        height = max(1, round(source.h * width / source.w))
    is_whole = source == Rect.of_size(service.width, service.height)
    request = ImageRequest(_url(service, source, size), source, width, height, is_whole)
    return _plan_of(request, wanted, limited)


def _within_maxima(service: ImageService, source: Rect, allowed: float) -> tuple[int, int]:
    """The largest size of the region's shape that no maximum refuses, however it is rounded."""
    width = int(source.w * allowed + 1e-9)
    if allowed < 1:
        # The server makes out the height from the width, and may round it up.
        while width > 1 and not _is_allowed(service, (width, round(source.h * width / source.w))):
            width -= 1
    return width, round(source.h * width / source.w)


def _fixed(service: ImageService, wanted: Rect, scale: float) -> ImagePlan:
    """A service of level 0: listed sizes, tiles, or the whole image."""
    full = Rect.of_size(service.width, service.height)
    sizes = [s for s in service.sizes if s[0] <= service.width + 1 and _is_allowed(service, s)]
    enough = [s for s in sizes if s[0] / full.w >= scale - 1e-6 and s[1] / full.h >= scale - 2e-3]
    size = min(enough, key=lambda s: s[0] * s[1]) if enough else None
    stitched = _stitched(service, wanted, scale)
    if size is not None:
        worth = stitched is not None and not stitched.limited
        pixels = sum(r.width * r.height for r in stitched.requests) if stitched else 0
        if not worth or size[0] * size[1] <= pixels * _TILES_WORTH:
            return _whole(service, size, wanted, "")
        assert stitched is not None
        return stitched
    best = max(sizes, key=lambda s: s[0] * s[1]) if sizes else None
    if stitched is not None and (
        not stitched.limited or best is None or stitched.transform.scale_x > best[0] / full.w
    ):
        return stitched
    if best is not None:
        limited = f"The largest size the service lists is {best[0]} x {best[1]}."
        return _whole(service, best, wanted, limited)
    return _one_request(service, full, wanted, scale, by_word=True)


def _whole(service: ImageService, size: tuple[int, int], wanted: Rect, limited: str) -> ImagePlan:
    full = Rect.of_size(service.width, service.height)
    if service.version == "3":
        text = f"{size[0]},{size[1]}"
    else:
        # 2.1, section 4.7: "full" is the canonical word for the image's own size.
        text = "full" if size[0] >= service.width else f"{size[0]},"
    request = ImageRequest(_url(service, full, text), full, *size, is_whole=True)
    return _plan_of(request, wanted, limited)


def _stitched(service: ImageService, wanted: Rect, scale: float) -> ImagePlan | None:
    """Tiles that cover the region, at the coarsest scale factor that is fine enough."""
    options = [(tiles, s) for tiles in service.tiles for s in tiles.scale_factors]
    options = [o for o in options if _tile_count(o, wanted) <= MOST_TILES]
    if not options:
        return None
    enough = [o for o in options if 1 / o[1] >= scale - 1e-6]
    limited = ""
    if enough:
        tiles, factor = min(enough, key=lambda o: (-o[1], _tile_count(o, wanted)))
    else:
        tiles, factor = min(options, key=lambda o: (o[1], _tile_count(o, wanted)))
        limited = f"The finest tiles in reasonable number are at 1/{factor} of the image's size."
    step_x, step_y = tiles.width * factor, tiles.height * factor
    columns = range(int(wanted.x // step_x), math.ceil(wanted.right / step_x))
    rows = range(int(wanted.y // step_y), math.ceil(wanted.bottom / step_y))
    requests = tuple(_tile(service, tiles, factor, n, m) for m in rows for n in columns)
    left, top = columns[0] * step_x, rows[0] * step_y
    right = min(columns[-1] * step_x + step_x, service.width)
    bottom = min(rows[-1] * step_y + step_y, service.height)
    return ImagePlan(
        requests=requests,
        source=Rect(left, top, right - left, bottom - top),
        width=math.ceil((right - left) / factor),
        height=math.ceil((bottom - top) / factor),
        region=wanted,
        transform=Transform(1 / factor, 1 / factor, -left / factor, -top / factor),
        limited=limited,
    )


def _tile_count(option: tuple[TileSet, int], wanted: Rect) -> int:
    tiles, factor = option
    step_x, step_y = tiles.width * factor, tiles.height * factor
    columns = math.ceil(wanted.right / step_x) - int(wanted.x // step_x)
    return columns * (math.ceil(wanted.bottom / step_y) - int(wanted.y // step_y))


def _tile(service: ImageService, tiles: TileSet, factor: int, n: int, m: int) -> ImageRequest:
    """Implementation notes 3.0, section 3, with its names; sizes are rounded up at the edges."""
    xr, yr = n * tiles.width * factor, m * tiles.height * factor
    wr = min(tiles.width * factor, service.width - xr)
    hr = min(tiles.height * factor, service.height - yr)
    ws, hs = -(-wr // factor), -(-hr // factor)
    source = Rect(xr, yr, wr, hr)
    size = f"{ws},{hs}" if service.version == "3" else f"{ws},"
    return ImageRequest(_url(service, source, size), source, ws, hs)


def _url(service: ImageService, source: Rect, size: str) -> str:
    x, y, w, h = source.rounded_out()
    is_full = x == 0 and y == 0 and w == service.width and h == service.height
    region = "full" if is_full else f"{x},{y},{w},{h}"
    # The identifier stays as it was given: servers tell %2F from "/".
    base = fetchable(service.id)
    return f"{base}/{region}/{size}/0/{service.quality}.{service.format}"


def _largest_word(service: ImageService) -> str:
    """``max`` in 3.0; ``full`` before it, which every level of 1.x and 2.x knows. A service that
    names maxima is of 2.1 at least and may refuse ``full``: there it is ``max``."""
    if service.version == "3":
        return "max"
    has_maxima = service.max_width or service.max_height or service.max_area
    return "max" if service.version == "2" and has_maxima else "full"


def _allowed_scale(service: ImageService, source: Rect) -> float:
    """The largest scale at which an answer showing ``source`` keeps within the maxima."""
    scales = [1.0]
    if service.max_width:
        scales.append(service.max_width / source.w)
    if service.max_height:
        scales.append(service.max_height / source.h)
    if service.max_area:
        scales.append(math.sqrt(service.max_area / source.area))
    return min(scales)


def _is_allowed(service: ImageService, size: tuple[int, int]) -> bool:
    return (
        size[0] <= (service.max_width or size[0])
        and size[1] <= (service.max_height or size[1])
        and size[0] * size[1] <= (service.max_area or size[0] * size[1])
    )


def _maxima_said(service: ImageService) -> str:
    said = []
    if service.max_width or service.max_height:
        said.append(f"{service.max_width or 'any'} x {service.max_height or 'any'} pixels")
    if service.max_area:
        said.append(f"{service.max_area} pixels in all")
    return " and ".join(said)


def _plan_of(request: ImageRequest, wanted: Rect, limited: str) -> ImagePlan:
    return ImagePlan(
        requests=(request,),
        source=request.source,
        width=request.width,
        height=request.height,
        region=wanted,
        transform=Transform.between(request.source, Rect.of_size(request.width, request.height)),
        limited=limited,
    )
