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
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog import decode, image_parts
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.http import ACCEPT_IMAGE, FetchError, StatusError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.identity import normalise_uri
from catalog.iiif.image_api import ImagePlan, ImageRequest, plan
from catalog.iiif.image_info import ImageService
from catalog.iiif.services import split_image_url
from catalog.image_access import Described, described, substitute
from catalog.image_parts import Part
from catalog.models import CanvasImage
from catalog.pixels import ImageError

log = logging.getLogger(__name__)

#: An answer whose width and height are in another proportion than was asked for, by more than
#: this, shows something else.
_SHAPE = 0.02


class Errand:
    """The requests for one canvas's pixels. What was answered or refused is not asked again."""

    def __init__(self) -> None:
        self._had: dict[str, bytes | FetchError] = {}

    def fetch(self, image: CanvasImage, target: Rect, visible: Rect, long_side: int) -> Part:
        """What ``image``, which covers ``target``, shows on ``visible`` (canvas units), about
        ``long_side`` pixels long. Raises ImageError."""
        if not image.rotation % 90 or visible.contains(target):
            return self._fetch(image, target, visible, long_side, may_probe=True)
        # Askew, no rectangle of the image is what a rectangle of the canvas shows: all is fetched.
        share = max(visible.w, visible.h) / max(target.w, target.h)
        size = max(1, min(options.derivative_long_side * 4, round(long_side / share)))
        part = self._fetch(image, target, target, size, may_probe=True)
        array = part.pixels(size)
        frame = Rect.of_size(array.shape[1], array.shape[0])
        return Part(
            part.limited,
            array=image_parts.cut(array, Transform.between(target, frame).apply(visible)),
        )

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
            return Rect.of_size(*image_parts.header(self._get(image.url), image.url).shown)
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
                    return image_parts.turned(part, image.rotation, long_side)
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
        image = _as_its_url_shows(image)
        if not image.region and visible.contains(target):
            return image_parts.turned(Part(url=image.url, body=body), image.rotation, long_side)
        array = image_parts.decoded(body, image.url)
        height, width = array.shape[:2]
        wanted = image_parts.source(image, Rect.of_size(width, height), target, visible)
        part = Part(array=image_parts.cut(array, wanted))
        return image_parts.turned(part, image.rotation, long_side)

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
        wanted = image_parts.source(image, full, target, visible)
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
        return image_parts.turned(part, image.rotation, long_side)

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
            image_parts.paste(frame, _tile(request), *asked.offset_of(request))
        return Part(limited=asked.limited, array=image_parts.cut(frame, asked.crop))

    def _in_one(self, asked: ImagePlan, request: ImageRequest) -> Part:
        body = self._get(request.url)
        width, height = image_parts.header(body, request.url).shown
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
        array = image_parts.decoded(body, request.url)
        frame = Rect.of_size(array.shape[1], array.shape[0])
        crop = Transform.between(request.source, frame).apply(asked.region)
        return Part(limited=asked.limited, array=image_parts.cut(array, crop))

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


def _as_its_url_shows(image: CanvasImage) -> CanvasImage:
    """The image that is at its URL: a part or a turn that the URL asks of the service is done."""
    parts = split_image_url(image.url)
    if parts is None or normalise_uri(parts[0]) != normalise_uri(image.service_id):
        return image
    try:
        turned = float(parts[3].removeprefix("!"))
    except ValueError:
        turned = 0.0
    return CanvasImage(
        url=image.url,
        region=image.region if parts[1] == "full" else "",
        rotation=(image.rotation - turned) % 360,
    )


def _has_shape(width: int, height: int, request: ImageRequest) -> bool:
    """Whether an answer has the proportions that were asked for, but for rounding."""
    tolerance = max(_SHAPE, 1.5 / min(request.width, request.height))
    return abs(width * request.height / (height * request.width) - 1) <= tolerance


def _tile(request: ImageRequest) -> NDArray[np.uint8]:
    array = image_parts.decoded(download(request.url), request.url)
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


def _joined(*texts: str) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))
