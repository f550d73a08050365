"""A JPEG file without its metadata, byte for byte the same picture.

The file is walked marker by marker; nothing is decoded. What remains is what a decoder needs: the
tables, the frame, the scans, JFIF, the colour profile and Adobe's word on the colour transform.
What goes is everything that tells more than the picture: Exif (places, people, cameras), XMP,
IPTC, comments, previews, and whatever follows the end.

Source: ITU-T T.81, annex B; ICC.1, annex B.4 (profiles in APP2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: A marker that ends entropy-coded data: not a stuffed zero, not a restart (B.1.1.2, B.1.1.5).
_NEXT_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")

_SOI, _EOI, _SOS, _DQT, _DHT, _DRI, _COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended sequential, progressive; Huffman
_APP = range(0xE0, 0xF0)
#: Application segments that say how the pixels are to be shown.
_KEPT_APP = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}

#: Encoders write about ten scans; thousands are made to keep decoders busy.
_MOST_SCANS = 64


class NotPlain(Exception):
    """The bytes are no JPEG that can be taken as it is; the message says why."""


@dataclass(frozen=True)
class PlainJpeg:
    """``data``: the file without metadata. ``width``, ``height``: pixels as they are stored, not
    turned by Exif. ``components``: 1 grey, 3 colour."""

    data: bytes = field(repr=False)
    width: int
    height: int
    components: int


def stripped(data: bytes) -> PlainJpeg:
    """A baseline or progressive JPEG of 8 bits, grey or of three colours, without its metadata.

    Raises NotPlain for any other bytes, and where the end of the picture is missing.
    """
    if data[:3] != b"\xff\xd8\xff":
        raise NotPlain("It is no JPEG.")
    kept: list[bytes] = [b"\xff\xd8"]
    frame: tuple[int, int, int] | None = None
    tables: set[int] = set()
    scans, at = 0, 2
    while True:
        marker, at = _marker(data, at)
        if marker == _EOI:
            break
        end = at + _length(data, at)
        segment = data[at:end]
        if marker in _FRAMES:
            if frame is not None:
                raise NotPlain("It holds more than one frame.")
            frame = _frame(segment)
        elif marker == _SOS:
            if frame is None or not {_DQT, _DHT} <= tables:
                raise NotPlain("A scan comes before what it needs.")
            scans += 1
            if scans > _MOST_SCANS:
                raise NotPlain(f"It holds more than {_MOST_SCANS} scans.")
            found = _NEXT_MARKER.search(data, end)
            if found is None:
                raise NotPlain("It is cut short.")
            end = found.start()
            segment = data[at:end]
        elif marker in (_DQT, _DHT, _DRI):
            tables.add(marker)
        elif marker in _APP or marker == _COM:
            if not segment[2:].startswith(_KEPT_APP.get(marker, b"\0none")):
                at = end
                continue
        else:
            raise NotPlain(f"It holds a segment of the unusual kind {marker:02X}.")
        kept += (b"\xff", bytes((marker,)), segment)
        at = end
    if frame is None or not scans:
        raise NotPlain("It holds no picture.")
    kept.append(b"\xff\xd9")
    return PlainJpeg(b"".join(kept), *frame)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at ``at``, and where its segment begins; fill bytes may stand before it."""
    if data[at : at + 1] != b"\xff":
        raise NotPlain("It is cut short." if at >= len(data) else "It is damaged.")
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise NotPlain("It is cut short.")
    return data[at], at + 1


def _length(data: bytes, at: int) -> int:
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        raise NotPlain("It is cut short or damaged.")
    return length


def _frame(segment: bytes) -> tuple[int, int, int]:
    """Width, height and number of components from a frame header (B.2.2)."""
    if len(segment) < 8 or segment[2] != 8:
        raise NotPlain("Its frame is not of 8 bits.")
    height, width = int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[5:7], "big")
    components = segment[7]
    if components not in (1, 3) or len(segment) != 8 + 3 * components:
        raise NotPlain(f"It has {components} components; 1 or 3 are taken.")
    if not width or not height:
        raise NotPlain("Its size is not told in its frame.")
    return width, height, components
