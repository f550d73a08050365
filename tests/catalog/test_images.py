"""Pixels of canvases over real HTTP from real pyramids, with the transform back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from catalog import image_access, images
from catalog.decode import decode
from catalog.geometry import Rect
from catalog.images import ImageError, NothingToSee
from catalog.models import Canvas, CanvasImage
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db

WIDTH, HEIGHT = 1200, 900


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    image_access.forget_infos()


@pytest.fixture
def original() -> np.ndarray:
    return decode(picture(7, WIDTH, HEIGHT), max_pixels=10**7)


def canvas_with(
    image: dict[str, Any], width: int | None = 2400, height: int | None = 1800
) -> Canvas:
    canvas = Canvas.objects.create(key="k", uri="u", raw_id="u", width=width, height=height)
    CanvasImage.objects.create(canvas=canvas, ordinal=0, **image)
    return canvas


def publish(server: Museum, original: np.ndarray, folder: Path, layout: str) -> str:
    """A level 0 pyramid as libvips makes it, served; the service's id."""
    pyvips.Image.new_from_array(original).dzsave(
        str(folder / "p"), layout=layout, id=server.url(""), tile_size=256
    )
    for file in (folder / "p").rglob("*"):
        if file.is_file():
            path = "/" + file.relative_to(folder).as_posix()
            kind = "application/json" if file.suffix == ".json" else "image/jpeg"
            server.set(path, file.read_bytes(), content_type=kind)
    return server.url("/p")


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a.astype(int) - b.astype(int)).mean() < 6)


@pytest.mark.parametrize("layout", ["iiif", "iiif3"])
def test_tiles_are_stitched(
    layout: str, server: Museum, original: np.ndarray, tmp_path: Path
) -> None:
    canvas = canvas_with({"service_id": publish(server, original, tmp_path, layout)})
    got = images.pixels(canvas, long_side=WIDTH)
    assert got.array.shape == (HEIGHT, WIDTH, 3)
    assert close(got.array, original)
    assert got.transform.apply(Rect(0, 0, 2400, 1800)) == Rect(0, 0, WIDTH, HEIGHT)


@pytest.mark.parametrize("layout", ["iiif", "iiif3"])
def test_a_region_is_cut_in_canvas_units(
    layout: str, server: Museum, original: np.ndarray, tmp_path: Path
) -> None:
    canvas = canvas_with({"service_id": publish(server, original, tmp_path, layout)})
    region = Rect(600, 400, 1000, 800)  # of a canvas twice as large as the picture
    got = images.pixels(canvas, region=region, long_side=500)
    assert got.array.shape == (400, 500, 3)
    assert close(got.array, original[200:600, 300:800])
    assert got.transform.invert().apply(Rect(0, 0, 500, 400)) == region


def test_an_image_without_a_service(server: Museum, original: np.ndarray) -> None:
    url = server.set("/a.jpg", picture(7, WIDTH, HEIGHT), content_type="image/jpeg")
    canvas = canvas_with({"url": url})
    got = images.pixels(canvas, long_side=600)
    assert got.array.shape == (450, 600, 3)


def test_a_dead_service_falls_back_to_the_image(server: Museum) -> None:
    url = server.set("/a.jpg", picture(7), content_type="image/jpeg")
    canvas = canvas_with({"url": url, "service_id": server.url("/nothing-here")})
    assert images.pixels(canvas).array.shape == (300, 400, 3)


def test_level_2_is_asked_for_the_region_itself(server: Museum) -> None:
    info = {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": server.url("/s"),
        "profile": ["http://iiif.io/api/image/2/level2.json"],
        "width": 4000,
        "height": 3000,
    }
    server.set("/s/info.json", info)
    server.set("/s/1000,500,2000,1000/500,/0/default.jpg", picture(1, 500, 250))
    canvas = canvas_with({"service_id": server.url("/s")}, 4000, 3000)
    got = images.pixels(canvas, region=Rect(1000, 500, 2000, 1000), long_side=500)
    assert got.array.shape == (250, 500, 3)
    assert server.log[-1][0] == "/s/1000,500,2000,1000/500,/0/default.jpg"


def test_two_images_are_composed_in_their_places(server: Museum) -> None:
    red = np.zeros((200, 100, 3), np.uint8)
    red[..., 0] = 255
    url = server.set("/red.png", pyvips.Image.new_from_array(red).pngsave_buffer())
    canvas = canvas_with(
        {"url": url, "target_x": 0, "target_y": 0, "target_w": 100, "target_h": 200}, 400, 200
    )
    CanvasImage.objects.create(
        canvas=canvas, ordinal=1, url=url, target_x=300, target_y=0, target_w=100, target_h=200
    )
    got = images.pixels(canvas, long_side=400)
    row = got.array[100].astype(int)
    assert got.array.shape[:2] == (200, 400)
    assert row[50].tolist() == row[350].tolist() == [255, 0, 0]
    assert row[200].tolist() == [255, 255, 255]


def test_what_cannot_be_had_says_why(server: Museum) -> None:
    with pytest.raises(NothingToSee):
        images.pixels(Canvas.objects.create(key="x", uri="x", raw_id="x"))
    canvas = canvas_with({"url": server.url("/gone.jpg")})
    with pytest.raises(ImageError, match="404") as raised:
        images.pixels(canvas)
    assert not raised.value.transient
    server.set("/gone.jpg", b"<html>", content_type="text/html")
    with pytest.raises(ImageError, match="web page"):
        images.pixels(canvas)
    server.set("/gone.jpg", b"", status=503)
    with pytest.raises(ImageError) as raised:
        images.pixels(canvas)
    assert raised.value.transient


def test_a_hostile_info_json_takes_no_memory(server: Museum) -> None:
    """A billion pixels a side, nesting without end: told, not attempted."""
    info = {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": server.url("/s"),
        "type": "ImageService3",
        "profile": "level0",
        "width": 10**9,
        "height": 10**9,
    }
    server.set("/s/info.json", info)
    canvas = canvas_with({"service_id": server.url("/s")})
    with pytest.raises(ImageError, match="max_pixels"):
        images.pixels(canvas)
    server.set("/t/info.json", b"[" * 200_000)
    canvas.images.update(service_id=server.url("/t"))
    with pytest.raises(ImageError, match="no JSON"):
        images.pixels(Canvas.objects.get())
