"""Hostile bytes: what is decoded, what is refused and why."""

from __future__ import annotations

import numpy as np
import pytest
import pyvips

from catalog.decode import PictureError, decode, encode_jpeg, resize, size
from tests.pictures import picture

MILLION = 1_000_000


def gradient(width: int = 60, height: int = 40) -> np.ndarray:
    ramp = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(np.repeat(ramp[None, :, None], height, 0), 3, 2)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
def test_the_usual_formats(suffix: str) -> None:
    data = pyvips.Image.new_from_array(gradient()).write_to_buffer(suffix)
    pixels = decode(data, max_pixels=MILLION)
    assert (pixels.shape, pixels.dtype) == ((40, 60, 3), np.uint8)
    assert abs(pixels.astype(int) - gradient()).mean() < 12


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JPEG"),
        (b"<html><body>Not found</body></html>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "web page"),
        (b"%PDF-1.7", "no JPEG"),
        (b"\xff\xd8\xff" + bytes(50), "damaged"),
        (picture()[:400], "damaged"),
        (picture()[:-200], "damaged"),
    ],
)
def test_what_is_no_whole_picture(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        decode(data, max_pixels=MILLION)


def test_bomb_is_refused_by_its_header() -> None:
    bomb = pyvips.Image.black(30_000, 30_000).pngsave_buffer(compression=9)
    with pytest.raises(PictureError, match="30000 x 30000"):
        decode(bomb, max_pixels=60 * MILLION, long_side=1024)


def test_long_side_shrinks_and_never_enlarges() -> None:
    data = picture(width=400, height=300)
    assert decode(data, max_pixels=MILLION, long_side=100).shape == (75, 100, 3)
    assert decode(data, max_pixels=MILLION, long_side=900).shape == (300, 400, 3)


def test_transparency_is_laid_on_white_and_grey_becomes_rgb() -> None:
    clear = pyvips.Image.black(8, 8, bands=4).copy(interpretation="srgb").cast("uchar")
    assert (decode(clear.pngsave_buffer(), max_pixels=MILLION) == 255).all()
    grey = pyvips.Image.new_from_array(gradient()[:, :, 0])
    assert decode(grey.pngsave_buffer(), max_pixels=MILLION).shape == (40, 60, 3)


def test_exif_orientation_is_applied_and_metadata_dropped() -> None:
    image = pyvips.Image.new_from_array(gradient()).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    pixels = decode(image.jpegsave_buffer(), max_pixels=MILLION)
    assert pixels.shape == (60, 40, 3)
    assert b"Exif" not in encode_jpeg(pixels)


def test_same_pixels_same_bytes() -> None:
    assert encode_jpeg(gradient()) == encode_jpeg(gradient())
    assert size(encode_jpeg(gradient()), MILLION) == (60, 40)


@pytest.mark.parametrize("shape", [(1, 1), (33, 77), (500, 3), (40, 60)])
def test_resize_gives_exactly_the_shape(shape: tuple[int, int]) -> None:
    height, width = shape
    assert resize(gradient(), width, height).shape == (height, width, 3)
