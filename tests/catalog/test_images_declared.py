"""Pictures by the manifest's own word, and what is kept as it came; requests are counted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from catalog import image_access, images, jpeg
from catalog.decode import decode, encode_jpeg
from catalog.images import ImageError
from catalog.models import Canvas, CanvasImage
from tests.catalog.test_jpeg import photograph, segments
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db

#: The request for 1024 pixels of an image of 4000 x 3000.
WANTED = "/s/full/1024,/0/default.jpg"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    image_access.forget_infos()


def canvas_of(server: Museum, **changes: Any) -> Canvas:
    """A canvas of 4000 x 3000 with an image service of level 2."""
    canvas = Canvas.objects.create(key="k", uri="u", raw_id="u", width=4000, height=3000)
    image = {
        "service_id": server.url("/s"),
        "service_version": "2",
        "service_level": 2,
        "width": 4000,
        "height": 3000,
    }
    CanvasImage.objects.create(canvas=canvas, ordinal=0, **(image | changes))
    return canvas


def info(server: Museum, **changes: Any) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": server.url("/s"),
        "profile": ["http://iiif.io/api/image/2/level2.json"],
        "width": 4000,
        "height": 3000,
        **changes,
    }


def jpeg_of(width: int, height: int) -> bytes:
    return picture(5, width, height)


def asked(server: Museum) -> list[str]:
    """Paths in order, without robots.txt."""
    return [path for path, _ in server.log if path != "/robots.txt"]


@pytest.mark.parametrize("version", ["2", "3"])
@pytest.mark.parametrize("level", [1, 2])
def test_one_request_suffices(server: Museum, version: str, level: int) -> None:
    server.set(WANTED, jpeg_of(1024, 768), content_type="image/jpeg")
    canvas = canvas_of(server, service_version=version, service_level=level)
    made = images.fetch_derivative(canvas)
    assert made.jpeg == jpeg.stripped(jpeg_of(1024, 768)).data
    assert (made.width, made.height, made.limited) == (1024, 768, "")
    assert asked(server) == [WANTED]


@pytest.mark.parametrize(
    "changes",
    [
        {"service_level": 0},
        {"service_level": None},
        {"service_version": "1.1"},
        {"service_version": ""},
        {"width": None},
        {"width": 800, "height": 600},  # it may be the size of a thumbnail
        {"region": "0,0,400,300"},
    ],
)
def test_where_the_manifest_says_too_little_the_service_is_asked(
    server: Museum, changes: dict[str, Any]
) -> None:
    server.set("/s/info.json", info(server))
    server.set(WANTED, jpeg_of(1024, 768))
    server.set("/s/0,0,400,300/full/0/default.jpg", jpeg_of(400, 300))
    images.fetch_derivative(canvas_of(server, **changes))
    assert asked(server)[0] == "/s/info.json" and len(asked(server)) == 2


@pytest.mark.parametrize(
    "refusal", [{"status": 400}, {"status": 404}, {"status": 501}, {"content_type": "text/html"}]
)
def test_what_is_refused_is_planned_by_info_json(server: Museum, refusal: dict[str, Any]) -> None:
    server.set(WANTED, b"<html>", **refusal)
    listed = [{"width": 1200, "height": 900}]
    server.set("/s/info.json", info(server, profile="level0", sizes=listed))
    server.set("/s/full/1200,/0/default.jpg", jpeg_of(1200, 900))
    made = images.fetch_derivative(canvas_of(server))
    assert (made.width, made.height) == (1200, 900)
    assert asked(server) == [WANTED, "/s/info.json", "/s/full/1200,/0/default.jpg"]


def test_a_picture_of_another_shape_is_planned_by_info_json(server: Museum) -> None:
    """The manifest gave the canvas's size for the image's: the image is a square."""
    server.set(WANTED, jpeg_of(1024, 1024))
    server.set("/s/info.json", info(server, height=4000))
    made = images.fetch_derivative(canvas_of(server))
    assert (made.width, made.height, made.limited) == (1024, 1024, "")
    assert asked(server) == [WANTED, "/s/info.json"]  # what was answered is not asked again


def test_less_than_was_asked_for_is_explained_by_info_json(server: Museum) -> None:
    server.set(WANTED, jpeg_of(600, 450))
    profile = ["http://iiif.io/api/image/2/level2.json", {"maxWidth": 600}]
    server.set("/s/info.json", info(server, profile=profile))
    server.set("/s/full/600,/0/default.jpg", jpeg_of(600, 450))
    made = images.fetch_derivative(canvas_of(server))
    assert (made.width, made.height) == (600, 450)
    assert "no more than 600 x 600" in made.limited
    assert len(asked(server)) == 3


def test_less_than_info_json_promises_is_told(server: Museum) -> None:
    server.set(WANTED, jpeg_of(600, 450))
    server.set("/s/info.json", info(server))
    made = images.fetch_derivative(canvas_of(server))
    assert "600 x 450" in made.limited and "1024 x 768" in made.limited
    assert asked(server) == [WANTED, "/s/info.json"]


def test_a_server_in_trouble_is_left_alone(server: Museum) -> None:
    server.set(WANTED, b"", status=503, headers={"Retry-After": "3600"})
    with pytest.raises(ImageError) as raised:
        images.fetch_derivative(canvas_of(server))
    assert (raised.value.transient, raised.value.kind) == (True, "status-503")
    assert set(asked(server)) == {WANTED}


def test_a_level_that_is_not_kept(server: Museum) -> None:
    """It claims level 2 and has files only: what it lists is asked for."""
    server.set("/s/info.json", info(server, sizes=[{"width": 2000, "height": 1500}]))
    server.set("/s/full/2000,/0/default.jpg", jpeg_of(2000, 1500))
    made = images.fetch_derivative(canvas_of(server, width=None))
    assert (made.width, made.height) == (1024, 768)
    assert asked(server) == ["/s/info.json", WANTED, "/s/full/2000,/0/default.jpg"]


# -- as it came ---------------------------------------------------------------------------------


def kept_of(server: Museum, data: bytes) -> images.FetchedPicture:
    server.set("/a.jpg", data)
    canvas = Canvas.objects.create(key="k", uri="u", raw_id="u", width=400, height=300)
    CanvasImage.objects.create(canvas=canvas, ordinal=0, url=server.url("/a.jpg"))
    return images.fetch_derivative(canvas)


def test_neither_places_nor_people_are_kept(server: Museum) -> None:
    data = photograph()
    assert 0xE1 in segments(data)
    made = kept_of(server, data)
    assert not {0xE1, 0xED, 0xFE} & set(segments(made.jpeg))
    assert b"camera" not in made.jpeg and len(made.jpeg) < len(data)
    # The pixels are those that came: nothing was encoded anew.
    assert np.array_equal(decode(made.jpeg, max_pixels=10**6), decode(data, max_pixels=10**6))


def test_a_turned_photograph_is_turned(server: Museum) -> None:
    data = photograph(6)
    made = kept_of(server, data)
    assert (made.width, made.height) == (300, 400)
    assert not {0xE1, 0xED, 0xFE} & set(segments(made.jpeg))
    shown = decode(data, max_pixels=10**6)
    assert np.abs(decode(made.jpeg, max_pixels=10**6).astype(int) - shown).mean() < 4


@pytest.mark.parametrize(
    ("size", "as_it_came"), [((1280, 700), True), ((1281, 700), False), ((600, 400), True)]
)
def test_about_the_wanted_size_is_kept_as_it_came(
    server: Museum, size: tuple[int, int], as_it_came: bool
) -> None:
    data = jpeg_of(*size)
    made = kept_of(server, data)
    assert (made.jpeg == jpeg.stripped(data).data) == as_it_came
    assert max(made.width, made.height) == (max(size) if as_it_came else 1024)


def noise(**options: Any) -> bytes:
    array = np.random.default_rng(1).integers(0, 256, (700, 1000, 3), np.uint8)
    return bytes(pyvips.Image.new_from_array(array).jpegsave_buffer(**options))


def other_formats() -> dict[str, bytes]:
    image = pyvips.Image.new_from_array(decode(picture(), max_pixels=10**6))
    cmyk = io.BytesIO()
    Image.new("CMYK", (400, 300), (0, 0, 0, 0)).save(cmyk, "JPEG")
    return {
        "png": image.pngsave_buffer(),
        "webp": image.webpsave_buffer(),
        "cmyk": cmyk.getvalue(),
        "many bytes": noise(Q=100, subsample_mode="off"),
    }


@pytest.mark.parametrize("kind", ["png", "webp", "cmyk", "many bytes"])
def test_what_cannot_be_kept_as_it_came_is_encoded(server: Museum, kind: str) -> None:
    data = other_formats()[kind]
    made = kept_of(server, data)
    array = decode(made.jpeg, max_pixels=10**6)
    assert made.jpeg != data and array.shape == (made.height, made.width, 3)
    assert made.jpeg == encode_jpeg(decode(data, max_pixels=10**6))


@pytest.mark.parametrize("cut", [2, 50, 3000])
def test_a_picture_that_is_cut_short_is_no_picture(server: Museum, cut: int) -> None:
    with pytest.raises(ImageError, match="damaged") as raised:
        kept_of(server, jpeg_of(800, 600)[:-cut])
    assert (raised.value.kind, raised.value.transient) == ("damaged", False)


def test_a_picture_that_is_too_large_is_not_decoded(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_pixels": 10_000}
    with pytest.raises(ImageError) as raised:
        kept_of(server, jpeg_of(800, 600))
    assert raised.value.kind == "too-large"
