"""Hostile bytes: what is decoded, what is refused and why."""

from __future__ import annotations

import numpy as np
import pytest
import pyvips

from catalog.decode import PictureError, decode, encode_jpeg, header, resize, rotate, size
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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_tells_how_the_picture_lies(orientation: int) -> None:
    image = pyvips.Image.new_from_array(gradient()).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    found = header(image.jpegsave_buffer(), MILLION)
    assert (found.width, found.height, found.orientation) == (60, 40, orientation)
    assert found.shown == ((40, 60) if orientation >= 5 else (60, 40))


@pytest.mark.parametrize("long_side", [None, 30])
def test_the_colour_profile_is_applied(long_side: int | None) -> None:
    """Pure red, written in the wider colours of Display P3, is another triple of numbers."""
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 255
    image = pyvips.Image.new_from_array(red).copy(interpretation="srgb")
    data = image.icc_export(output_profile="p3").jpegsave_buffer(Q=95)
    stored = pyvips.Image.new_from_buffer(data, "").numpy()
    assert stored[20, 30, 0] < 245
    shown = decode(data, max_pixels=MILLION, long_side=long_side)
    assert np.abs(shown[10, 15].astype(int) - (255, 0, 0)).max() < 12


def test_a_broken_colour_profile_is_left_out() -> None:
    image = pyvips.Image.new_from_array(gradient()).copy(interpretation="srgb")
    data = image.icc_export(output_profile="p3").jpegsave_buffer(Q=95)
    start = data.index(b"ICC_PROFILE\0") + 14
    broken = data[: start + 40] + b"\xaa" * 200 + data[start + 240 :]
    assert decode(broken, max_pixels=MILLION).shape == (40, 60, 3)


@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, "nw"), (90, "ne"), (180, "se"), (270, "sw"), (-90, "sw")]
)
def test_turned_clockwise(degrees: float, corner: str) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:5, :5] = 255  # at the top left
    turned = rotate(pixels, degrees)
    assert turned.shape[:2] == ((60, 40) if degrees % 180 else (40, 60))
    spots = {"nw": (0, 0), "ne": (0, -1), "se": (-1, -1), "sw": (-1, 0)}
    assert [name for name, spot in spots.items() if turned[spot].all()] == [corner]


def test_turned_askew_the_corners_are_white() -> None:
    turned = rotate(np.zeros((40, 60, 3), np.uint8), 30)
    assert turned.dtype == np.uint8
    assert abs(turned.shape[1] - 72) <= 2 and abs(turned.shape[0] - 65) <= 2
    assert (turned[0, 0] == 255).all() and (turned[32, 36] == 0).all()
