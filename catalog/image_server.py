"""What image servers are asked for one image, and what to make of their answers.

An image is had in one of these ways, the first that leads there: the manifest's own word on a
service of level 1 or 2 (one request); the service's info.json and what follows from it; the URL
of the image itself. Images behind a login are asked for as anybody would: a version for everybody
is taken where the server offers one, and a refusal is not argued with.

Sources: Image API 3.0, sections 4 and 5; Authorization Flow API 2.0, section 5 (probe service);
Authentication API 1.0, section 3 (interaction with access-controlled resources).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.http import ACCEPT_IMAGE, FetchError, StatusError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.identity import normalise_uri
from catalog.iiif.image_api import ImagePlan, ImageRequest, plan
from catalog.iiif.image_info import ImageService
from catalog.iiif.services import split_image_url
from catalog.image_access import Described, described, substitute
from catalog.models import CanvasImage
from catalog.pixels import ImageError

log = logging.getLogger(__name__)

#: An answer whose width and height are in another proportion than was asked for, by more than
#: this, shows something else.
_SHAPE = 0.02


@dataclass(frozen=True)
class Part:
    """What one image shows on a part of a canvas.

    ``body``: the bytes of an answer that shows that part and nothing else, unturned; or ``array``:
    uint8 (H, W, 3). ``url``: whose answer it is. ``limited`` as in `catalog.pixels.Pixels`.
    """

    limited: str = ""
    url: str = ""
    body: bytes | None = field(default=None, repr=False)
    array: NDArray[np.uint8] | None = field(default=None, repr=False)

    def pixels(self, long_side: int) -> NDArray[np.uint8]:
        """uint8 (H, W, 3), at most ``long_side`` pixels long. Raises ImageError."""
        if self.array is not None:
            return self.array
        return decoded(self.body or b"", self.url, long_side)


class Errand:
    """The requests for one canvas's pixels. What was answered or refused is not asked again."""

    def __init__(self) -> None:
        self._had: dict[str, bytes | FetchError] = {}

    def fetch(self, image: CanvasImage, target: Rect, visible: Rect, long_side: int) -> Part:
        """What ``image``, which covers ``target``, shows on ``visible`` (canvas units), about
        ``long_side`` pixels long. Raises ImageError."""
        return self._fetch(image, target, visible, long_side, may_probe=True)

    def size(self, image: CanvasImage) -> Rect:
        """Pixels of the full image. Raises ImageError."""
        if image.width and image.height:
            return Rect.of_size(image.width, image.height)
        try:
            if image.service_id:
                service = described(image.service_id).service
                return Rect.of_size(service.width, service.height)
        except (FetchError, IIIFError) as error:
            if not image.url or getattr(error, "transient", False):
                raise image_error(error) from error
        try:
            return Rect.of_size(*_header(self._get(image.url), image.url).shown)
        except FetchError as error:
            raise image_error(error) from error

    # -- the ways to an image --------------------------------------------------------------------

    def _fetch(
        self, image: CanvasImage, target: Rect, visible: Rect, long_side: int, *, may_probe: bool
    ) -> Part:
        try:
            if may_probe and image.probe:
                instead = self._instead(image, image.probe, target, visible, long_side)
                if instead is not None:
                    return instead
            if not image.service_id:
                return self._by_url(image, target, visible, long_side)
            try:
                return self._by_service(image, target, visible, long_side, may_probe=may_probe)
            except (FetchError, IIIFError) as error:
                if getattr(error, "transient", False) or not _is_elsewhere(image, error):
                    raise
                log.info("No image service at %s (%s): taking the image", image.service_id, error)
                return self._by_url(image, target, visible, long_side)
        except (FetchError, IIIFError) as error:
            raise image_error(error) from error

    def _instead(
        self, image: CanvasImage, probe: str, target: Rect, visible: Rect, long_side: int
    ) -> Part | None:
        """What an authorisation service names in the image's place; None: the image itself."""
        found = substitute(probe)
        if found is None:
            return None
        stand_in = CanvasImage(
            url=found.url,
            service_id=found.service_id,
            region=image.region,
            rotation=image.rotation,
        )
        part = self._fetch(stand_in, target, visible, long_side, may_probe=False)
        return replace(part, limited=_joined(found.limited, part.limited))

    def _by_service(
        self, image: CanvasImage, target: Rect, visible: Rect, long_side: int, *, may_probe: bool
    ) -> Part:
        refused: StatusError | None = None
        declared = _declared(image, target, visible, long_side)
        if declared is not None:
            try:
                if (part := self._as_declared(declared, long_side)) is not None:
                    return _turned(part, image.rotation, long_side)
            except StatusError as error:
                if error.transient:
                    raise
                refused = error
        known = described(image.service_id)
        if known.limited == "" and refused is not None and refused.status in (401, 403):
            raise refused  # it describes the image that it has just refused
        if may_probe and known.service.probe and not image.probe:
            instead = self._instead(image, known.service.probe, target, visible, long_side)
            if instead is not None:
                return instead
        return self._as_described(known, image, target, visible, long_side)

    def _by_url(self, image: CanvasImage, target: Rect, visible: Rect, long_side: int) -> Part:
        body = self._get(image.url)
        if not image.region and visible.contains(target):
            return _turned(Part(url=image.url, body=body), image.rotation, long_side)
        array = decoded(body, image.url)
        height, width = array.shape[:2]
        part = _source(image, Rect.of_size(width, height), target, visible)
        return _turned(Part(array=_cut(array, part)), image.rotation, long_side)

    # -- one service -----------------------------------------------------------------------------

    def _as_declared(self, service: ImageService, long_side: int) -> Part | None:
        """The whole image, by the manifest's word; None where the answer belies that word."""
        request = plan(service, None, long_side).requests[0]
        body = self._get(request.url)
        try:
            width, height = decode.header(body, options.max_pixels).shown
        except decode.PictureError:
            return None
        if width < request.width - 1 or not _has_shape(width, height, request):
            return None
        return Part(url=request.url, body=body)

    def _as_described(
        self, known: Described, image: CanvasImage, target: Rect, visible: Rect, long_side: int
    ) -> Part:
        service = known.service
        full = Rect.of_size(service.width, service.height)
        wanted = _source(image, full, target, visible)
        region = None if wanted == full else wanted
        asked = plan(service, region, long_side)
        try:
            part = self._carried_out(asked)
        except StatusError as error:
            # Some claim a level that they do not keep: what they list is what they have.
            listed = replace(service, supports_region=False, supports_size=False)
            other = plan(listed, region, long_side)
            told = bool(service.sizes or service.tiles)
            if error.transient or error.status in (401, 403) or not told or other == asked:
                raise
            part = self._carried_out(other)
        part = replace(part, limited=_joined(known.limited, part.limited))
        return _turned(part, image.rotation, long_side)

    def _carried_out(self, asked: ImagePlan) -> Part:
        if asked.width * asked.height > options.max_pixels:
            raise ImageError(
                f"{asked.requests[0].url}: {asked.width} x {asked.height} pixels would have to be "
                f"fetched; at most {options.max_pixels / 1e6:.0f} million are "
                "(CATALOG['max_pixels']).",
                kind="too-large",
            )
        if len(asked.requests) == 1:
            return self._in_one(asked, asked.requests[0])
        frame = np.full((asked.height, asked.width, 3), 255, np.uint8)
        for request in asked.requests:
            _paste(frame, _tile(request), *asked.offset_of(request))
        return Part(limited=asked.limited, array=_cut(frame, asked.crop))

    def _in_one(self, asked: ImagePlan, request: ImageRequest) -> Part:
        body = self._get(request.url)
        width, height = _header(body, request.url).shown
        fits = _has_shape(width, height, request)
        if asked.region == request.source and (fits or request.is_whole):
            # A whole picture is laid on its canvas whatever its shape: info.json may be out of
            # date. It is worth a word all the same.
            odd = not fits or width < request.width - 1
            word = (
                f"The server gave {width} x {height} pixels where its info.json promises "
                f"{request.width} x {request.height}."
            )
            limited = _joined(asked.limited, word if odd else "")
            return Part(limited, request.url, body)
        if not fits:
            raise _wrong_size(request, width, height)
        array = decoded(body, request.url)
        frame = Rect.of_size(array.shape[1], array.shape[0])
        return Part(
            limited=asked.limited,
            array=_cut(array, Transform.between(request.source, frame).apply(asked.region)),
        )

    def _get(self, url: str) -> bytes:
        had = self._had.get(url)
        if had is None:
            try:
                had = download(url)
            except FetchError as error:
                had = error
            self._had[url] = had
        if isinstance(had, FetchError):
            raise had
        return had


def download(url: str) -> bytes:
    """The bytes at ``url``, whatever they are. Raises FetchError."""
    return fetch(url, max_bytes=options.max_image_bytes, accept=ACCEPT_IMAGE).body


def decoded(body: bytes, url: str, long_side: int | None = None) -> NDArray[np.uint8]:
    """`catalog.decode.decode`, with errors that name the URL. Raises ImageError."""
    try:
        return decode.decode(body, max_pixels=options.max_pixels, long_side=long_side)
    except decode.PictureError as error:
        raise ImageError(f"{url}: {error}", kind=error.kind) from error


def image_error(error: FetchError | IIIFError) -> ImageError:
    if isinstance(error, StatusError) and error.status in (401, 403):
        return ImageError(
            f"{error} The image is restricted or the server refuses us.", kind="restricted"
        )
    if isinstance(error, IIIFError):
        return ImageError(str(error), kind="unreadable-info")
    return ImageError(
        str(error),
        kind=getattr(error, "kind", "network"),
        transient=error.transient,
        until=getattr(error, "until", None),
    )


def _declared(
    image: CanvasImage, target: Rect, visible: Rect, long_side: int
) -> ImageService | None:
    """The service by the manifest's word, where that is enough to ask for the whole image.

    Asked for is ``w,`` alone, which levels 1 and 2 have: a server then keeps the picture's
    shape, and an answer of another shape shows that the manifest's sizes are not the image's.
    """
    width, height = image.width or 0, image.height or 0
    version = image.service_version
    if image.service_level not in (1, 2) or version not in ("2", "3") or image.region:
        return None
    if not visible.contains(target) or min(width, height) < 1 or max(width, height) <= long_side:
        return None
    return ImageService(
        image.service_id, "3" if version == "3" else "2", 1, width=width, height=height
    )


def _is_elsewhere(image: CanvasImage, error: FetchError | IIIFError) -> bool:
    """Whether the image's own URL may lead where its service does not."""
    if not image.url:
        return False
    if not isinstance(error, StatusError) or error.status not in (401, 403):
        return True
    parts = split_image_url(image.url)
    return parts is None or normalise_uri(parts[0]) != normalise_uri(image.service_id)


def _has_shape(width: int, height: int, request: ImageRequest) -> bool:
    """Whether an answer has the proportions that were asked for, but for rounding."""
    tolerance = max(_SHAPE, 1.5 / min(request.width, request.height))
    return abs(width * request.height / (height * request.width) - 1) <= tolerance


def _tile(request: ImageRequest) -> NDArray[np.uint8]:
    array = decoded(download(request.url), request.url)
    height, width = array.shape[:2]
    if not _has_shape(width, height, request):
        if width < request.width or height < request.height:
            raise _wrong_size(request, width, height)
        # Some pad the tiles at the right and at the bottom to the full size.
        return array[: request.height, : request.width]
    # A server may answer a pixel more or less than its own info.json implies.
    return decode.resize(array, request.width, request.height)


def _wrong_size(request: ImageRequest, width: int, height: int) -> ImageError:
    return ImageError(
        f"{request.url}: the server gave {width} x {height} pixels where {request.width} x "
        f"{request.height} were asked for; this is another part of the image.",
        kind="wrong-size",
    )


def _header(body: bytes, url: str) -> decode.Header:
    try:
        return decode.header(body, options.max_pixels)
    except decode.PictureError as error:
        raise ImageError(f"{url}: {error}", kind=error.kind) from error


def _turned(part: Part, degrees: float, long_side: int) -> Part:
    if not degrees % 360:
        return part
    array = shrink(decode.rotate(part.pixels(long_side), degrees), long_side)
    return Part(part.limited, array=array)


def shrink(array: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), at most ``long_side`` pixels long; never enlarged."""
    height, width = array.shape[:2]
    scale = long_side / max(width, height)
    array = np.ascontiguousarray(array)
    if scale >= 1:
        return array
    return decode.resize(array, max(1, round(width * scale)), max(1, round(height * scale)))


def _cut(array: NDArray[np.uint8], part: Rect) -> NDArray[np.uint8]:
    """``part`` of the array, in its pixels, rounded to whole ones and at least one."""
    height, width = array.shape[:2]
    x, y = min(width - 1, max(0, round(part.x))), min(height - 1, max(0, round(part.y)))
    return array[y : max(y + 1, round(part.bottom)), x : max(x + 1, round(part.right))]


def _paste(frame: NDArray[np.uint8], tile: NDArray[np.uint8], x: int, y: int) -> None:
    """Lay ``tile`` on ``frame`` with its corner at (x, y), cutting off what lies outside."""
    left, top = max(0, x), max(0, y)
    right = min(frame.shape[1], x + tile.shape[1])
    bottom = min(frame.shape[0], y + tile.shape[0])
    if right > left and bottom > top:
        frame[top:bottom, left:right] = tile[top - y : bottom - y, left - x : right - x]


def _source(image: CanvasImage, full: Rect, target: Rect, visible: Rect) -> Rect:
    """``visible`` (canvas units) -> pixels of the full image."""
    shown = _region(image.region, full)
    if visible.contains(target):
        return shown
    part = Transform.between(target, shown).apply(visible).intersection(shown)
    return shown if part is None else part


def _region(text: str, full: Rect) -> Rect:
    """The region of an ImageApiSelector, in pixels of the full image."""
    if text == "square":
        side = min(full.w, full.h)
        return Rect((full.w - side) / 2, (full.h - side) / 2, side, side)
    percent = text.startswith("pct:")
    try:
        x, y, w, h = (float(number) for number in text.removeprefix("pct:").split(","))
        rect = Rect(x, y, w, h)
    except ValueError:
        return full
    if percent:
        rect = rect.scaled(full.w / 100, full.h / 100)
    return rect.intersection(full) or full


def _joined(*texts: str) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))
