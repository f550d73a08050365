"""Parts of images on parts of canvases: cut, turned, chosen, composed, and answered wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from catalog import image_access, images
from catalog.decode import decode
from catalog.geometry import Rect
from catalog.images import ImageError, NothingToSee, RegionOutsideCanvas
from catalog.models import CanvasImage
from tests.catalog.test_images import canvas_with, close
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    image_access.forget_infos()


def blocks() -> np.ndarray:
    """400 x 200: red, green, blue and black quarters from left to right."""
    array = np.zeros((200, 400, 3), np.uint8)
    for number in range(3):
        array[:, number * 100 : number * 100 + 100, number] = 255
    return array


def png(array: np.ndarray) -> bytes:
    return bytes(pyvips.Image.new_from_array(array).pngsave_buffer())


def colours(array: np.ndarray, *places: tuple[float, float]) -> list[str]:
    """The colours at (x, y), as shares of width and height."""
    height, width = array.shape[:2]
    found = []
    for x, y in places:
        bits = tuple(int(v > 128) for v in array[int(y * height), int(x * width)])
        names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (0, 0, 0): "black"}
        found.append(names.get(bits, "white"))
    return found


@pytest.mark.parametrize("region", ["100,0,100,200", "pct:25,0,25,100"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_part_of_an_image_turned(server: Museum, region: str, rotation: float) -> None:
    url = server.set("/a.png", png(blocks()))
    canvas = canvas_with({"url": url, "region": region, "rotation": rotation}, 100, 200)
    got = images.pixels(canvas).array
    assert got.shape[:2] == ((100, 200) if rotation in (90, 270) else (200, 100))
    assert set(colours(got, (0.1, 0.1), (0.9, 0.9), (0.5, 0.5))) == {"green"}


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, ["red", "black"]),
        (90, ["red", "black"]),
        (180, ["black", "red"]),
        (270, ["black", "red"]),
        (-90, ["black", "red"]),
    ],
)
def test_clockwise(server: Museum, rotation: float, expected: list[str]) -> None:
    url = server.set("/a.png", png(blocks()))
    got = images.pixels(canvas_with({"url": url, "rotation": rotation}, 400, 200)).array
    along = [(0.1, 0.5), (0.9, 0.5)] if rotation % 180 == 0 else [(0.5, 0.1), (0.5, 0.9)]
    assert colours(got, *along) == expected


def test_turned_by_any_angle_the_corners_are_white(server: Museum) -> None:
    red = np.zeros((200, 200, 3), np.uint8)
    red[..., 0] = 255
    url = server.set("/a.png", png(red))
    got = images.fetch_pixels(canvas_with({"url": url, "rotation": 45}, 283, 283)).array
    assert abs(got.shape[0] - 283) <= 2 and got.shape[0] == got.shape[1]
    corners = [(0.02, 0.02), (0.98, 0.02), (0.02, 0.98), (0.98, 0.98)]
    assert colours(got, *corners, (0.5, 0.5)) == ["white"] * 4 + ["red"]


def test_of_a_choice_the_default_is_shown(server: Museum) -> None:
    url = server.set("/a.png", png(blocks()[:, :100]))
    other = server.set("/b.png", png(blocks()[:, 100:200]))
    canvas = canvas_with({"url": url, "choice_label": "visible light"}, 100, 200)
    CanvasImage.objects.create(canvas=canvas, ordinal=1, url=other, is_default=False)
    assert colours(images.pixels(canvas).array, (0.5, 0.5)) == ["red"]
    assert all(path != "/b.png" for path, _ in server.log)


def test_later_images_lie_on_earlier_ones_and_regions_see_both(server: Museum) -> None:
    url = server.set("/a.png", png(blocks()[:, :100]))
    detail = server.set("/b.png", png(blocks()[:, 100:200]))
    canvas = canvas_with({"url": url}, 1000, 2000)
    place = {"target_x": 500.0, "target_y": 500.0, "target_w": 500.0, "target_h": 1000.0}
    CanvasImage.objects.create(canvas=canvas, ordinal=1, url=detail, **place)
    made = images.fetch_derivative(canvas)
    array = decode(made.jpeg, max_pixels=10**7)
    assert colours(array, (0.25, 0.5), (0.75, 0.5), (0.75, 0.1)) == ["red", "green", "red"]
    part = images.fetch_pixels(canvas, region=Rect(400, 400, 200, 200), long_side=100)
    assert colours(part.array, (0.1, 0.5), (0.9, 0.9), (0.9, 0.1)) == ["red", "green", "red"]


def test_an_image_on_a_part_of_its_canvas(server: Museum) -> None:
    url = server.set("/a.png", png(blocks()[:, :100]))
    place = {"target_x": 0.0, "target_y": 0.0, "target_w": 500.0, "target_h": 1000.0}
    canvas = canvas_with({"url": url, **place}, 1000, 1000)
    got = images.fetch_pixels(canvas)
    assert colours(got.array, (0.25, 0.5), (0.75, 0.5)) == ["red", "white"]
    with pytest.raises(NothingToSee):
        images.fetch_pixels(canvas, region=Rect(600, 0, 100, 100))
    with pytest.raises(RegionOutsideCanvas):
        images.fetch_pixels(canvas, region=Rect(1600, 0, 100, 100))


def test_a_canvas_without_a_size_has_its_image_s(server: Museum) -> None:
    url = server.set("/a.jpg", picture(7), content_type="image/jpeg")
    canvas = canvas_with({"url": url}, None, None)
    got = images.fetch_pixels(canvas)
    assert got.transform.apply(Rect(0, 0, 400, 300)) == Rect(0, 0, 400, 300)
    assert [path for path, _ in server.log].count("/a.jpg") == 1


def info(server: Museum, **changes: Any) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": server.url("/s"),
        "profile": ["http://iiif.io/api/image/2/level2.json"],
        "width": 1000,
        "height": 800,
        **changes,
    }


def paths_of(server: Museum) -> list[str]:
    return [path for path, _ in server.log if path != "/robots.txt"]


STANFORD = "http://library.stanford.edu/iiif/image-api/"


@pytest.mark.parametrize(
    ("told", "request_path"),
    [
        ({"@context": f"{STANFORD}1.1/context.json", "profile": f"{STANFORD}1.1/#level1"},
         "/s/full/500,/0/native.jpg"),
        ({"identifier": "s", "@context": None, "profile": f"{STANFORD}compliance.html#level1"},
         "/s/full/500,/0/native.jpg"),
        ({"identifier": "s", "@context": None, "profile": f"{STANFORD}compliance.html#level0"},
         "/s/full/full/0/native.jpg"),
        ({}, "/s/full/500,/0/default.jpg"),
        ({"profile": "level0"}, "/s/full/full/0/default.jpg"),
    ],
)  # fmt: skip
def test_older_versions(server: Museum, told: dict[str, Any], request_path: str) -> None:
    server.set("/s/info.json", info(server, **told))
    server.set(request_path, picture(1, 500 if "500" in request_path else 1000, 400))
    canvas = canvas_with({"service_id": server.url("/s")}, 1000, 800)
    images.fetch_pixels(canvas, long_side=500)
    assert paths_of(server) == ["/s/info.json", request_path]


def test_padded_tiles_are_cut(server: Museum) -> None:
    """Tiles at the right and at the bottom that are as large as the others, filled with black."""
    original = decode(picture(3, 300, 200), max_pixels=10**6)
    tiles = [{"width": 256, "scaleFactors": [1]}]
    server.set("/s/info.json", info(server, width=300, height=200, profile="level0", tiles=tiles))
    padded = np.zeros((256, 512, 3), np.uint8)
    padded[:200, :300] = original
    server.set("/s/0,0,256,200/256,/0/default.jpg", png(padded[:, :256]))
    server.set("/s/256,0,44,200/44,/0/default.jpg", png(padded[:, 256:]))
    got = images.fetch_pixels(canvas_with({"service_id": server.url("/s")}, 300, 200))
    assert np.array_equal(got.array, original)


@pytest.mark.parametrize("answer", [(400, 400), (30, 200)])
def test_a_tile_of_a_wrong_shape_is_told(server: Museum, answer: tuple[int, int]) -> None:
    tiles = [{"width": 256, "scaleFactors": [1]}]
    server.set("/s/info.json", info(server, width=300, height=200, profile="level0", tiles=tiles))
    server.set("/s/0,0,256,200/256,/0/default.jpg", picture(1, *answer))
    server.set("/s/256,0,44,200/44,/0/default.jpg", picture(1, 44, 150))
    with pytest.raises(ImageError, match="another part") as raised:
        images.fetch_pixels(canvas_with({"service_id": server.url("/s")}, 300, 200))
    assert (raised.value.kind, raised.value.transient) == ("wrong-size", False)


def test_a_region_of_a_wrong_shape_is_told(server: Museum) -> None:
    """A server that knows no regions gives the whole picture, whatever is asked for."""
    server.set("/s/info.json", info(server))
    server.set("/s/0,0,500,100/250,/0/default.jpg", picture(1, 250, 200))
    canvas = canvas_with({"service_id": server.url("/s")}, 1000, 800)
    with pytest.raises(ImageError, match="250 x 200 pixels where 250 x 50") as raised:
        images.fetch_pixels(canvas, region=Rect(0, 0, 500, 100), long_side=250)
    assert raised.value.kind == "wrong-size"


def test_a_region_is_cut_from_the_smallest_sufficient_size(server: Museum) -> None:
    original = decode(picture(3, 1000, 800), max_pixels=10**6)
    sizes = [{"width": w, "height": w * 4 // 5} for w in (100, 500, 1000)]
    server.set("/s/info.json", info(server, profile="level0", sizes=sizes))
    half = pyvips.Image.new_from_array(original).resize(0.5).numpy()
    server.set("/s/full/500,/0/default.jpg", png(half))
    canvas = canvas_with({"service_id": server.url("/s")}, 1000, 800)
    got = images.fetch_pixels(canvas, region=Rect(200, 200, 400, 400), long_side=200)
    assert got.array.shape == (200, 200, 3)
    assert close(got.array, half[100:300, 100:300])
    assert paths_of(server) == ["/s/info.json", "/s/full/500,/0/default.jpg"]


def test_more_images_than_anybody_paints_are_left_out(server: Museum) -> None:
    url = server.set("/a.png", png(blocks()))
    canvas = canvas_with({"url": url}, 400, 200)
    CanvasImage.objects.bulk_create(
        CanvasImage(canvas=canvas, ordinal=n, url=url) for n in range(1, 130)
    )
    got = images.fetch_pixels(canvas, long_side=100)
    assert "30 more images" in got.limited
    assert paths_of(server) == ["/a.png"]  # one file, however often it is painted


@pytest.mark.parametrize("by_service", [False, True])
@pytest.mark.parametrize(("rotation", "expected"), [(90, "black"), (180, "red"), (270, "red")])
def test_a_region_of_a_turned_image(
    server: Museum, by_service: bool, rotation: float, expected: str
) -> None:
    """The last quarter of the canvas, along the image."""
    body = png(blocks())
    server.set("/s/info.json", info(server, width=400, height=200))
    for x in (0, 300):
        part = png(np.ascontiguousarray(blocks()[:, x : x + 100]))
        server.set(f"/s/{x},0,100,200/full/0/default.jpg", part)
    image = {"service_id": server.url("/s")} if by_service else {"url": server.set("/a.png", body)}
    size, region = ((400, 200), Rect(300, 0, 100, 200))
    if rotation != 180:
        size, region = ((200, 400), Rect(0, 300, 200, 100))
    canvas = canvas_with({**image, "rotation": rotation}, *size)
    got = images.fetch_pixels(canvas, region=region).array
    assert got.shape[:2] == (round(region.h), round(region.w))
    assert set(colours(got, (0.1, 0.1), (0.9, 0.9), (0.5, 0.5))) == {expected}


def test_a_region_of_an_image_askew(server: Museum) -> None:
    red = np.zeros((200, 200, 3), np.uint8)
    red[..., 0] = 255
    canvas = canvas_with({"url": server.set("/a.png", png(red)), "rotation": 45}, 280, 280)
    got = images.fetch_pixels(canvas, region=Rect(0, 0, 140, 140), long_side=140).array
    assert abs(got.shape[0] - 140) <= 2
    assert colours(got, (0.05, 0.05), (0.9, 0.9)) == ["white", "red"]


def test_what_the_url_asks_for_is_not_done_again(server: Museum) -> None:
    """The service is dead, but the URL of a part of its image, turned, still answers."""
    url = server.set(
        "/s/100,0,100,200/full/90/default.png",
        png(np.ascontiguousarray(np.rot90(blocks()[:, 100:200]))),
    )
    image = {"url": url, "service_id": server.url("/s"), "region": "100,0,100,200", "rotation": 90}
    got = images.fetch_pixels(canvas_with(image, 200, 100)).array
    assert got.shape[:2] == (100, 200)
    assert set(colours(got, (0.1, 0.1), (0.9, 0.9), (0.5, 0.5))) == {"green"}
