"""Pictures from image servers as museums run them, compared with the pictures they serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from catalog import image_access, images, jpeg
from catalog.decode import decode, resize
from catalog.geometry import Rect
from catalog.models import Canvas, CanvasImage
from tests import image_servers

pytestmark = pytest.mark.django_db

#: Portrait and landscape; no side is a multiple of a tile's.
SHAPES = {"landscape": (2300, 1500), "portrait": (1130, 1790)}
CORNERS = {"red": (0, 0), "green": (1, 0), "blue": (0, 1), "white": (1, 1)}
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255,) * 3}


def painted(width: int, height: int) -> np.ndarray:
    """A smooth picture with a coloured block in each corner, a tenth of the picture long."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = np.sin(x / 90) * np.cos(y / 70)
    channels = [x * 200 / width, y * 200 / height, 120 + 100 * waves]
    picture = np.stack(channels, axis=-1).astype(np.uint8)
    w, h = width // 10, height // 10
    for name, (right, bottom) in CORNERS.items():
        left, top = right * (width - w), bottom * (height - h)
        picture[top : top + h, left : left + w] = COLOURS[name]
    return picture


@dataclass
class Served:
    """A picture, the service that has it, and what a manifest would say of the service."""

    original: np.ndarray
    service: dict[str, Any]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return {name: painted(*size) for name, size in SHAPES.items()}


@pytest.fixture(scope="module")
def pyramids(originals: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pyramids")
    for name, array in originals.items():
        image = pyvips.Image.new_from_array(array).copy(interpretation="srgb")
        options = {"tile": True, "pyramid": True, "compression": "jpeg", "Q": 92}
        image.tiffsave(str(folder / f"{name}.tif"), tile_width=256, tile_height=256, **options)
    return folder


SERVERS = ["iipsrv", "node-2", "node-3", "files-2", "files-3"]


@pytest.fixture(scope="module", params=SERVERS)
def services(
    request: pytest.FixtureRequest,
    originals: dict[str, np.ndarray],
    pyramids: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Shape -> what a manifest says of its service."""
    kind, _, version = request.param.partition("-")
    with ExitStack() as stack:
        if kind == "iipsrv":
            base = stack.enter_context(image_servers.level_1(pyramids))
            ids, level, version = {n: f"{base}/{n}.tif" for n in SHAPES}, 1, "2"
        elif kind == "node":
            base = stack.enter_context(image_servers.level_2(pyramids))
            ids, level = {n: f"{base}/{version}/{n}.tif" for n in SHAPES}, 2
        else:
            layout = {"2": "iiif", "3": "iiif3"}[version]
            ids, level = {}, 0
            for name, array in originals.items():
                image = pyvips.Image.new_from_array(array).copy(interpretation="srgb")
                folder = tmp_path_factory.mktemp(name)
                server = image_servers.level_0(image, folder, layout)
                ids[name] = stack.enter_context(server)
        yield lambda shape: {
            "service_id": ids[shape],
            "service_version": version,
            "service_level": level,
        }


@pytest.fixture(params=list(SHAPES))
def served(
    request: pytest.FixtureRequest,
    services: Callable[[str], dict[str, Any]],
    originals: dict[str, np.ndarray],
) -> Served:
    return Served(originals[request.param], services(request.param))


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    image_access.forget_infos()


def canvas_of(served: Served, **image: Any) -> Canvas:
    """A canvas of twice as many units as the picture has pixels."""
    height, width = served.original.shape[:2]
    canvas = Canvas.objects.create(key="k", uri="u", raw_id="u", width=2 * width, height=2 * height)
    CanvasImage.objects.create(canvas=canvas, ordinal=0, **served.service, **image)
    return canvas


def differs(got: np.ndarray, wanted: np.ndarray) -> float:
    """The mean absolute difference, 0 to 255, at the size of ``got``."""
    same = resize(np.ascontiguousarray(wanted), got.shape[1], got.shape[0])
    return float(np.abs(got.astype(int) - same.astype(int)).mean())


def has_corners(array: np.ndarray) -> bool:
    height, width = array.shape[:2]
    for name, (right, bottom) in CORNERS.items():
        x = round(width * (0.95 if right else 0.05))
        y = round(height * (0.95 if bottom else 0.05))
        if np.abs(array[y, x].astype(int) - COLOURS[name]).max() > 12:
            return False
    return True


@pytest.mark.parametrize("declared", [False, True])
def test_what_is_kept_is_the_picture(served: Served, declared: bool) -> None:
    height, width = served.original.shape[:2]
    size = {"width": width, "height": height} if declared else {}
    made = images.fetch_derivative(canvas_of(served, **size))
    array = decode(made.jpeg, max_pixels=10**7)
    assert array.shape[:2] == (made.height, made.width)
    assert 1024 <= max(made.width, made.height) <= 1280 and not made.limited
    assert abs(made.width / made.height - width / height) < 0.003
    assert has_corners(array) and differs(array, served.original) < 4
    assert jpeg.stripped(made.jpeg).data == made.jpeg


def test_a_region_in_canvas_units(served: Served) -> None:
    canvas = canvas_of(served)
    region = Rect(501, 803, 900, 640)  # canvas units: half as many pixels
    got = images.fetch_pixels(canvas, region=region, long_side=300)
    assert max(got.array.shape[:2]) == 300
    back = got.transform.invert().apply(Rect.of_size(got.array.shape[1], got.array.shape[0]))
    assert back.iou(region) > 0.99
    x, y, w, h = region.scaled(0.5).rounded_out()
    assert differs(got.array, served.original[y : y + h, x : x + w]) < 5


def test_the_full_resolution_of_a_corner(served: Served) -> None:
    height, width = served.original.shape[:2]
    canvas = canvas_of(served)
    region = Rect(2 * width - 400, 2 * height - 300, 400, 300)
    got = images.fetch_pixels(canvas, region=region, long_side=4000)
    assert got.array.shape == (150, 200, 3)
    assert differs(got.array, served.original[-150:, -200:]) < 5


def test_all_of_it_at_full_resolution(served: Served) -> None:
    got = images.fetch_pixels(canvas_of(served), long_side=4000)
    assert got.array.shape == served.original.shape
    assert differs(got.array, served.original) < 4
