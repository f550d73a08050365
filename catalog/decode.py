"""Hostile bytes -> pixels, by libvips.

Pillow is held at a version with known faults (docs/adr/0006-decoding.md), so fetched and uploaded
pictures are decoded here and nowhere else: an allow-list of formats, the size read from the
header before anything is decoded, metadata dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The first bytes of the formats that are decoded, and libvips' loader for each.
_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpegload_buffer"),
    (b"\x89PNG\r\n\x1a\n", "pngload_buffer"),
    (b"GIF87a", "gifload_buffer"),
    (b"GIF89a", "gifload_buffer"),
    (b"II*\x00", "tiffload_buffer"),
    (b"MM\x00*", "tiffload_buffer"),
)

JPEG_QUALITY = 88
WHITE = [255, 255, 255]


class PictureError(Exception):
    """The bytes are no picture that can be looked at; the message says why.

    ``kind``: "not-a-picture", "damaged" or "too-large".
    """

    def __init__(self, message: str, kind: str = "damaged") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Header:
    """What a picture says of itself: ``width`` x ``height`` pixels as stored; ``orientation`` as
    Exif numbers it, 1 to 8, where 5 and more swap the two."""

    width: int
    height: int
    orientation: int

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as the picture is to be seen."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@lru_cache(maxsize=1)
def _vips() -> ModuleType:
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips


def _open(data: bytes, max_pixels: int) -> Any:
    loader = next((name for magic, name in _FORMATS if data.startswith(magic)), None)
    if loader is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        loader = "webpload_buffer"
    if loader is None:
        raise PictureError(
            "The file is no JPEG, PNG, WebP, GIF or TIFF picture"
            + (" but looks like a web page." if data.lstrip()[:1] == b"<" else "."),
            "not-a-picture",
        )
    vips = _vips()
    try:
        image = getattr(vips.Image, loader)(data, fail_on="truncated")
    except vips.Error as error:
        raise PictureError(f"The picture is damaged: {_first_line(error)}") from error
    if image.width * image.height > max_pixels:
        raise PictureError(
            f"The picture measures {image.width} x {image.height} pixels; "
            f"at most {max_pixels / 1e6:.0f} million are decoded.",
            "too-large",
        )
    return image


def _first_line(error: Exception) -> str:
    return str(getattr(error, "detail", error)).strip().split("\n")[0]


def header(data: bytes, max_pixels: int) -> Header:
    """What the picture's header says; no pixel is decoded. Raises PictureError."""
    image = _open(data, max_pixels)
    turned = image.get("orientation") if image.get_typeof("orientation") else 1
    return Header(image.width, image.height, turned if turned in range(1, 9) else 1)


def size(data: bytes, max_pixels: int) -> tuple[int, int]:
    """Width and height in pixels, read from the header. Raises PictureError."""
    image = _open(data, max_pixels)
    return image.width, image.height


def decode(data: bytes, *, max_pixels: int, long_side: int | None = None) -> NDArray[np.uint8]:
    """Bytes of a JPEG, PNG, WebP, GIF or TIFF -> uint8 (H, W, 3) sRGB.

    ``long_side``: shrink to at most this many pixels on the long side (never enlarge), while
    loading where the format can. EXIF orientation is applied, and the colour profile; transparency
    is laid on white; of an animation the first frame is taken. Raises PictureError.
    """
    image = _open(data, max_pixels)
    vips = _vips()
    try:
        if long_side is not None and max(image.width, image.height) > long_side:
            image = vips.Image.thumbnail_buffer(
                data, long_side, height=long_side, size="down", fail_on="truncated"
            )
        else:
            image = image.autorot()
        if image.hasalpha():
            image = image.flatten(background=WHITE)
        image = _in_srgb(image).cast("uchar")
        if image.bands < 3:
            image = image[0].bandjoin([image[0], image[0]])
        elif image.bands > 3:
            image = image.extract_band(0, n=3)
        return np.ascontiguousarray(image.numpy())
    except vips.Error as error:
        raise PictureError(f"The picture is damaged: {_first_line(error)}") from error


def _in_srgb(image: Any) -> Any:
    """By the picture's own colour profile, if it has one that can be used and is not sRGB."""
    vips = _vips()
    if image.get_typeof("icc-profile-data") and b"sRGB" not in bytes(image.get("icc-profile-data")):
        try:
            return image.icc_transform("srgb", embedded=True)
        except vips.Error:
            pass  # a broken profile: the numbers are taken as they are
    return image.colourspace("srgb")


def resize(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) -> uint8 (height, width, 3), by area averaging or Lanczos as it fits."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = _vips().Image.new_from_array(pixels)
    scaled = image.resize(width / image.width, vscale=height / image.height)
    if (scaled.width, scaled.height) != (width, height):  # rounding
        scaled = scaled.gravity("north-west", width, height, extend="copy")
    return np.ascontiguousarray(scaled.numpy())


def rotate(pixels: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), turned clockwise.

    By anything but right angles it grows to the box around it, with white corners (Image API 3.0,
    section 4.3).
    """
    quarters, rest = divmod(degrees % 360, 90)
    if not rest:
        return np.ascontiguousarray(np.rot90(pixels, -int(quarters)))
    turned = _vips().Image.new_from_array(pixels).rotate(degrees % 360, background=WHITE)
    return np.ascontiguousarray(turned.cast("uchar").numpy())


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """uint8 (H, W, 3) -> a JPEG file without metadata; the same bytes for the same pixels."""
    return bytes(_vips().Image.new_from_array(pixels).jpegsave_buffer(Q=JPEG_QUALITY, keep="none"))
