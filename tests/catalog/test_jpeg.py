"""JPEG files without their metadata; bytes that are no JPEG."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalog.decode import PictureError, decode, header
from catalog.jpeg import NotPlain, stripped
from tests.pictures import picture

MILLION = 1_000_000
GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def photograph(orientation: int = 1, **more: object) -> bytes:
    """A JPEG as a camera writes it: a maker, a place, an orientation, a comment."""
    exif = Image.Exif()
    exif[MAKE] = "A camera maker"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)})
    image = Image.fromarray(decode(picture(3), max_pixels=MILLION))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"Seen by somebody", quality=90, **more)
    return out.getvalue()


def segments(data: bytes) -> list[int]:
    """The markers before the first scan."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        found.append(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


@pytest.mark.parametrize("progressive", [False, True])
def test_what_tells_more_than_the_picture_goes(progressive: bool) -> None:
    data = photograph(progressive=progressive)
    assert {0xE1, 0xFE} <= set(segments(data)) and b"A camera maker" in data
    plain = stripped(data)
    assert (plain.width, plain.height, plain.components) == (400, 300, 3)
    assert not {0xE1, 0xFE} & set(segments(plain.data))
    assert b"camera" not in plain.data and b"somebody" not in plain.data
    assert np.array_equal(decode(plain.data, max_pixels=MILLION), decode(data, max_pixels=MILLION))
    assert stripped(plain.data) == plain


def test_the_colour_profile_stays() -> None:
    image = pyvips.Image.new_from_array(decode(picture(3), max_pixels=MILLION))
    data = image.icc_export(output_profile="p3").jpegsave_buffer()
    plain = stripped(data)
    assert b"ICC_PROFILE\0" in plain.data
    shown = decode(plain.data, max_pixels=MILLION).astype(int)
    assert np.abs(shown - image.numpy()).mean() < 4


def test_grey_is_taken_and_cmyk_is_not() -> None:
    grey = pyvips.Image.black(40, 30).jpegsave_buffer()
    assert stripped(grey).components == 1
    out = io.BytesIO()
    Image.new("CMYK", (40, 30)).save(out, "JPEG")
    with pytest.raises(NotPlain, match="4 components"):
        stripped(out.getvalue())


def test_what_follows_the_end_goes() -> None:
    data = picture()
    assert stripped(data + b"another file").data == stripped(data).data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JPEG"),
        (b"\x89PNG\r\n\x1a\n", "no JPEG"),
        (b"\xff\xd8\xff", "cut short"),
        (b"\xff\xd8\xff\xd9", "no picture"),
        (picture()[:-2], "cut short"),
        (picture()[:-200], "cut short"),
        (picture()[:200], "cut short"),
        (picture().replace(b"\xff\xc0", b"\xff\xc9"), "unusual"),  # arithmetic coding
        (picture().replace(b"\xff\xc4", b"\xff\xfe"), "before what it needs"),
    ],
)
def test_what_is_not_taken_as_it_is(data: bytes, reason: str) -> None:
    with pytest.raises(NotPlain, match=reason):
        stripped(data)


def test_scans_without_end_are_not_taken() -> None:
    data = picture()
    start = data.index(b"\xff\xda")
    with pytest.raises(NotPlain, match="scans"):
        stripped(data[:start] + data[start:-2] * 100 + b"\xff\xd9")


def agrees(data: bytes) -> None:
    """Whatever is taken as it is, libvips reads it with the same width and height, or not at
    all."""
    try:
        plain = stripped(data)
    except NotPlain:
        return
    try:
        found = header(plain.data, 2**32)
    except PictureError:
        return
    assert (found.width, found.height) == (plain.width, plain.height)
    assert found.orientation == 1
    assert not {0xE1, 0xED, 0xFE} & set(segments(plain.data))


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    agrees(data)
    agrees(b"\xff\xd8\xff" + data)


SAMPLES = [photograph(), photograph(6, progressive=True), picture(1, 40, 30)]


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=4)), max_size=6),
    st.integers(0, 400),
    st.booleans(),
)
def test_changed_bytes(
    sample: bytes, changes: list[tuple[int, bytes]], cut: int, insert: bool
) -> None:
    data = bytearray(sample[: len(sample) - cut])
    for at, new in changes:
        at %= len(data)
        data[at : at if insert else at + len(new)] = new
    agrees(bytes(data))


@given(
    st.sampled_from(SAMPLES),
    st.integers(0, 700),
    st.integers(0xC0, 0xFE),
    st.binary(max_size=30),
)
def test_foreign_segments(sample: bytes, at: int, marker: int, payload: bytes) -> None:
    """A segment of any kind, put between any two segments before the first scan."""
    places, place = [2], 2
    while sample[place + 1] != 0xDA:
        place += 2 + int.from_bytes(sample[place + 2 : place + 4], "big")
        places.append(place)
    spot = places[at % len(places)]
    segment = b"\xff" + bytes((marker,)) + (len(payload) + 2).to_bytes(2, "big") + payload
    agrees(sample[:spot] + segment + sample[spot:])
