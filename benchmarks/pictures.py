"""What it costs to make a kept file of a fetched picture: as it came, and encoded anew.

    python -m benchmarks.pictures [--folder JPEGS] [--count 200]

Each picture is first made what an image server would send: 1024 pixels long, JPEG of quality 85.
Without ``--folder`` the pictures are drawn. Times are of one thread, in milliseconds a picture.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pyvips

LONG_SIDE, THUMBNAIL, QUALITY = 1024, 400, 85
MAX_PIXELS = 120_000_000


def sent(file: Path) -> bytes:
    """The picture as a server would send it."""
    image = pyvips.Image.thumbnail(str(file), LONG_SIDE, height=LONG_SIDE)
    return bytes(image.jpegsave_buffer(Q=QUALITY))


def timed(make: Callable[[Any], Any], given: list[Any]) -> tuple[list[Any], str]:
    results, times = [], []
    for one in given:
        start = time.perf_counter()
        results.append(make(one))
        times.append((time.perf_counter() - start) * 1000)
    low, middle, high = (statistics.quantiles(times, n=20)[n] for n in (0, 9, 18))
    return results, f"median {middle:6.2f}  5 % {low:6.2f}  95 % {high:6.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iiifsearch.settings.test")  # noqa: TID251
    django.setup()
    from benchmarks.museum import painted
    from catalog import decode, images

    if arguments.folder:
        files = sorted(arguments.folder.rglob("*.jpg"))[: arguments.count]
        pictures = [sent(file) for file in files]
    else:
        pictures = [painted(seed) for seed in range(min(48, arguments.count))]

    def encoded(data: bytes) -> bytes:
        array = decode.decode(data, max_pixels=MAX_PIXELS, long_side=LONG_SIDE)
        return decode.encode_jpeg(array)

    def thumbnail(data: bytes) -> bytes:
        array = decode.decode(data, max_pixels=MAX_PIXELS, long_side=THUMBNAIL)
        return decode.encode_jpeg(array)

    for make in (images._plain, encoded, thumbnail):  # the first calls load libraries
        make(pictures[0])
    plain, plain_times = timed(images._plain, pictures)
    kept = [one.data for one in plain if one is not None]
    again, encoded_times = timed(encoded, pictures)
    small, thumbnail_times = timed(thumbnail, kept)

    def size(files: list[bytes]) -> str:
        return f"{statistics.mean(map(len, files)) / 1000:6.0f} kB"

    print(f"{len(pictures)} pictures, {len(kept)} of them can be kept as they came")
    print(f"as it came    {plain_times}  {size(kept)}")
    print(f"encoded anew  {encoded_times}  {size(again)}")
    print(f"thumbnail     {thumbnail_times}  {size(small)}")


if __name__ == "__main__":
    main()
