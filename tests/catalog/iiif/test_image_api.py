"""What info.json says, and which URLs follow from it; checked against a real pyramid."""

from __future__ import annotations

import json

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

from catalog.geometry import Rect
from catalog.iiif.errors import NotImageInfo
from catalog.iiif.image_api import RegionOutside, parse_info, plan

BASE = "https://images.example.org/iiif/a%2Fb"


def info2(level=2, **changes):
    return {"@context": "http://iiif.io/api/image/2/context.json", "@id": BASE,
            "protocol": "http://iiif.io/api/image", "width": 3000, "height": 2000,
            "profile": [f"http://iiif.io/api/image/2/level{level}.json"], **changes}  # fmt: skip


def info3(level=2, **changes):
    return {"@context": "http://iiif.io/api/image/3/context.json", "id": BASE,
            "type": "ImageService3", "protocol": "http://iiif.io/api/image", "width": 3000,
            "height": 2000, "profile": f"level{level}", **changes}  # fmt: skip


def info11(level=1, **changes):
    return {
        "@context": "http://library.stanford.edu/iiif/image-api/1.1/context.json",
        "@id": BASE,
        "width": 3000,
        "height": 2000,
        "profile": f"http://library.stanford.edu/iiif/image-api/1.1/compliance.html#level{level}",
        **changes,
    }


def info10(level=1, **changes):
    return {"identifier": "b", "width": 3000, "height": 2000,
            "profile": f"http://library.stanford.edu/iiif/image-api/compliance.html#level{level}",
            **changes}  # fmt: skip


SIZES = [{"width": 300, "height": 200}, {"width": 750, "height": 500},
         {"width": 1500, "height": 1000}]  # fmt: skip


def paths(info, region=None, long_side=750):
    found = plan(parse_info(info, BASE), region, long_side)
    assert all(r.url.startswith(f"{BASE}/") for r in found.requests)
    return [r.url.removeprefix(f"{BASE}/") for r in found.requests]


@pytest.mark.parametrize(
    ("info", "region", "long_side", "expected"),
    [
        (info2(), None, 750, "full/750,/0/default.jpg"),
        (info2(1), None, 750, "full/750,/0/default.jpg"),
        (info2(), None, 9999, "full/full/0/default.jpg"),
        (info2(), Rect(100, 200, 1000, 500), 500, "100,200,1000,500/500,/0/default.jpg"),
        (info2(), Rect(100, 200, 400, 500), 5000, "100,200,400,500/full/0/default.jpg"),
        (info2(), Rect(0, 0, 1000, 2000), 500, "0,0,1000,2000/250,/0/default.jpg"),
        (info3(), None, 750, "full/750,500/0/default.jpg"),
        (info3(), None, 9999, "full/max/0/default.jpg"),
        (info3(1), Rect(100, 200, 1000, 333), 500, "100,200,1000,333/500,/0/default.jpg"),
        (info3(), Rect(100.4, 200.6, 10.2, 10), 500, "100,200,11,11/max/0/default.jpg"),
        (info3(), Rect(2900, 1900, 500, 500), 500, "2900,1900,100,100/max/0/default.jpg"),
        (info3(), Rect(-50, -50, 9999, 9999), 750, "full/750,500/0/default.jpg"),
        (info11(), None, 750, "full/750,/0/native.jpg"),
        (info11(), None, 9999, "full/full/0/native.jpg"),
        (info10(), Rect(0, 0, 600, 600), 300, "0,0,600,600/300,/0/native.jpg"),
        # Level 0 with sizes: the smallest that is enough, whole.
        (info2(0, sizes=SIZES), None, 750, "full/750,/0/default.jpg"),
        (info2(0, sizes=SIZES), None, 751, "full/1500,/0/default.jpg"),
        (info3(0, sizes=SIZES), None, 100, "full/300,200/0/default.jpg"),
        (info3(0, sizes=SIZES), Rect(0, 0, 1500, 1000), 700, "full/1500,1000/0/default.jpg"),
        (info3(0, sizes=SIZES), None, 2000, "full/1500,1000/0/default.jpg"),
        (info2(0, sizes=[{"width": 3000, "height": 2000}]), None, 2000, "full/full/0/default.jpg"),
        # Level 0 with nothing: all of it.
        (info2(0), Rect(1, 2, 3, 4), 100, "full/full/0/default.jpg"),
        (info3(0), Rect(1, 2, 3, 4), 100, "full/max/0/default.jpg"),
        (info2(0, profile=["http://iiif.io/api/image/2/level0.json", {"maxWidth": 900}]),
         None, 100, "full/max/0/default.jpg"),
        (info11(0), None, 100, "full/full/0/native.jpg"),
        # Level 0 that can do more than its level asks.
        (info3(0, extraFeatures=["regionByPx", "sizeByWh"]), Rect(0, 0, 600, 600), 300,
         "0,0,600,600/300,300/0/default.jpg"),
        (info2(0, profile=["http://iiif.io/api/image/2/level0.json", {"supports": ["sizeByW"]}]),
         Rect(0, 0, 1500, 1000), 750, "full/1500,/0/default.jpg"),
        # Maxima.
        (info3(maxWidth=1000), None, 2000, "full/1000,667/0/default.jpg"),
        (info3(maxWidth=1000), None, 900, "full/900,600/0/default.jpg"),
        (info3(maxHeight=500), None, 3000, "full/750,500/0/default.jpg"),
        (info3(maxArea=1_500_000), None, 3000, "full/1500,1000/0/default.jpg"),
        (info2(profile=["http://iiif.io/api/image/2/level2.json", {"maxWidth": 1000}]),
         None, 2000, "full/1000,/0/default.jpg"),
        # Level 1 of 3.0 need not know w,h (compliance, section 3.2: the table says both).
        (info3(1), None, 750, "full/750,/0/default.jpg"),
        (info3(1, extraFeatures=["sizeByWh"]), None, 750, "full/750,500/0/default.jpg"),
        # An unknown level is asked like level 1.
        (info3(profile="level3"), None, 750, "full/750,/0/default.jpg"),
    ],
)  # fmt: skip
def test_requests(info, region, long_side, expected):
    assert paths(info, region, long_side) == [expected]


@pytest.mark.parametrize(
    ("info", "long_side", "limited"),
    [
        (info3(maxWidth=1000), 2000, "1000 x 1000 pixels: 33.3%"),
        (info3(maxWidth=1000), 900, ""),
        (info3(0, sizes=SIZES), 2000, "largest size the service lists is 1500 x 1000"),
        (info3(0, sizes=SIZES), 1500, ""),
        (info3(0, maxArea=10_000), 500, "10000 pixels in all"),
        (info3(0, maxArea=1_000_000), 500, ""),
        (info3(0, tiles=[{"width": 512, "scaleFactors": [4, 8]}]), 3000, "1/4"),
        (info3(), 99999, ""),
    ],
)
def test_what_limits_is_said(info, long_side, limited):
    found = plan(parse_info(info, BASE), None, long_side).limited
    assert limited in found and bool(found) == bool(limited)


def test_a_crop_of_a_whole_image_is_where_the_region_is():
    found = plan(parse_info(info3(0, sizes=SIZES), BASE), Rect(300, 200, 600, 400), 300)
    assert (found.width, found.height) == (1500, 1000)
    assert found.crop == Rect(150, 100, 300, 200)


def test_a_region_outside_is_refused():
    with pytest.raises(RegionOutside, match="outside the image of 3000 x 2000"):
        plan(parse_info(info3(), BASE), Rect(3000, 0, 5, 5), 100)


@pytest.mark.parametrize(
    ("info", "version", "level"),
    [
        (info10(2), "1.0", 2),
        (info11(0), "1.1", 0),
        (info2(1), "2", 1),
        (info3(0), "3", 0),
        ({"@id": BASE, "width": 5, "height": 5}, "2", None),
        ({"id": BASE, "width": 5, "height": 5, "profile": "level1"}, "3", 1),
        ({"@id": BASE, "width": "5", "height": "5", "scale_factors": [1], "tile_width": 2},
         "1.1", None),
        (info2(profile="http://iiif.io/api/image/2/level1.json"), "2", 1),
        (info2(profile=[{"@id": "http://iiif.io/api/image/2/level1.json"}, {}]), "2", 1),
        ([info3(1)], "3", 1),
    ],
)  # fmt: skip
def test_versions_and_levels(info, version, level):
    found = parse_info(info, None if not isinstance(info, dict) or "identifier" not in info
                       else BASE)  # fmt: skip
    assert (found.version, found.level) == (version, level)


def test_details_of_info():
    found = parse_info(
        info2(
            sizes=[*SIZES, {"width": 1500, "height": 1000}, "80,60", [30, 20], None, {}],
            tiles=[{"width": 256, "scaleFactors": [4, 1, 2, "8"]}, {"height": 3}, 7],
            profile=[
                "http://iiif.io/api/image/2/level2.json",
                {"formats": ["jpg", "png"], "qualities": ["default", "gray"], "maxWidth": 900},
            ],
        ),
        f"{BASE}/info.json",
    )
    assert found.id == BASE
    assert found.sizes == ((30, 20), (80, 60), (300, 200), (750, 500), (1500, 1000))
    assert [(t.width, t.height, t.scale_factors) for t in found.tiles] == [(256, 256, (1, 2, 4, 8))]
    assert (found.max_width, found.max_height, found.max_area) == (900, 900, None)
    assert found.formats == ("jpg", "png") and found.qualities == ("default", "gray")
    assert {w.code for w in found.warnings} == {"size-unreadable", "tiles-unreadable"}


def test_the_address_that_answered_wins_over_the_id_that_is_told():
    found = parse_info(info3(id="http://localhost:8182/iiif/3/x"), BASE)
    assert found.id == BASE and [w.code for w in found.warnings] == ["id-differs"]
    # The scheme is no difference.
    assert not parse_info(info3(id=BASE.replace("https", "http")), BASE).warnings


@pytest.mark.parametrize(
    "info",
    [None, [], "x", {}, {"@id": BASE}, {"@id": BASE, "width": 0, "height": 5},
     {"width": 5, "height": 5}, {"@id": BASE, "width": True, "height": 5}],
)  # fmt: skip
def test_what_is_no_info_is_refused(info):
    with pytest.raises(NotImageInfo):
        parse_info(info)


def test_an_authorisation_service_restricts():
    auth = {"id": "https://e.org/probe", "type": "AuthProbeService2"}
    found = parse_info(info3(service=[auth]), BASE)
    assert found.restricted and found.probe == "https://e.org/probe"
    assert not parse_info(info3(), BASE).restricted


# --- against a pyramid made by somebody else

WIDTH, HEIGHT = 701, 530


@pytest.fixture(scope="module")
def picture():
    """A smooth picture, so that scaled tiles can be compared with a scaled whole."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [x * 255 / WIDTH, y * 255 / HEIGHT, 127 + 120 * np.sin(x / 60) * np.cos(y / 45)]
    return np.stack(channels, axis=-1).astype(np.uint8)


@pytest.fixture(scope="module", params=["iiif", "iiif3"])
def pyramid(request, picture, tmp_path_factory):
    """(folder, info.json) of a level 0 pyramid as libvips writes it."""
    folder = tmp_path_factory.mktemp(request.param) / "picture"
    image = pyvips.Image.new_from_array(picture).copy(interpretation="srgb")
    image.dzsave(str(folder), layout=request.param, tile_size=128, suffix=".jpg[Q=95]")
    return folder, json.loads((folder / "info.json").read_text())


REGIONS = [
    (None, 88),
    (None, 350),
    (None, 701),
    (Rect(0, 0, 10, 10), 10),
    (Rect(600, 400, 101, 130), 64),
    (Rect(130, 120, 300, 200), 300),
    (Rect(130, 120, 300, 200), 100),
    (Rect(690, 520, 11, 10), 11),
    (Rect(127, 127, 2, 2), 2),
]


@pytest.mark.parametrize(("region", "long_side"), REGIONS)
def test_tiles_exist_and_make_up_the_picture(pyramid, picture, region, long_side):
    folder, info = pyramid
    found = plan(parse_info(info, "https://images.example.org/picture"), region, long_side)
    canvas = np.zeros((found.height, found.width, 3), np.float32)
    filled = np.zeros((found.height, found.width), bool)
    for request in found.requests:
        file = folder / request.url.removeprefix("https://images.example.org/picture/")
        assert file.is_file(), request.url
        tile = pyvips.Image.new_from_file(str(file)).numpy()
        assert tile.shape == (request.height, request.width, 3)
        left, top = found.offset_of(request)
        assert not filled[top : top + request.height, left : left + request.width].any()
        canvas[top : top + request.height, left : left + request.width] = tile
        filled[top : top + request.height, left : left + request.width] = True
    assert filled.all() and not found.limited

    wanted = region or Rect.of_size(WIDTH, HEIGHT)
    assert found.source.contains(wanted)
    _, _, w, h = found.crop.rounded_out()
    assert max(w, h) >= min(long_side, max(wanted.w, wanted.h)) - 1
    # Each fetched pixel shows what the picture has at the middle of the place it stands for.
    back = found.transform.invert()
    rows, columns = np.arange(found.height) + 0.5, np.arange(found.width) + 0.5
    source_y = np.clip(rows * back.scale_y + back.offset_y - 0.5, 0, HEIGHT - 1).astype(int)
    source_x = np.clip(columns * back.scale_x + back.offset_x - 0.5, 0, WIDTH - 1).astype(int)
    expected = picture[np.ix_(source_y, source_x)].astype(np.float32)
    assert np.abs(canvas - expected).mean() < 3


def test_tiles_where_they_spare_much_of_a_listed_size():
    info = info3(0, width=20_000, height=20_000, sizes=[{"width": 20_000, "height": 20_000}],
                 tiles=[{"width": 512, "scaleFactors": [1, 2, 4, 8, 16, 32]}])  # fmt: skip
    assert paths(info, Rect(0, 0, 400, 400), 400) == ["0,0,512,512/512,512/0/default.jpg"]
    assert len(paths(info, None, 1000)) <= 9


def test_a_flood_of_tiles_is_not_asked_for():
    info = info3(0, width=90_000, height=90_000, tiles=[{"width": 256, "scaleFactors": [1]}])
    assert paths(info, None, 1000) == ["full/max/0/default.jpg"]


@given(
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.sampled_from(["2", "3", "1.1"]),
    st.integers(0, 2),
    st.booleans(),
    st.one_of(st.none(), st.integers(1, 4000)),
    st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0.01, 1), st.floats(0.01, 1)),
    st.integers(1, 3000),
)
def test_a_plan_covers_the_region_and_never_enlarges(
    width, height, version, level, tiled, maximum, share, long_side
):
    make = {"2": info2, "3": info3, "1.1": info11}[version]
    info = make(level, width=width, height=height)
    if tiled:
        info["tiles"] = [{"width": 256, "scaleFactors": [1, 2, 4, 8, 16]}]
    if maximum and version == "3":
        info["maxWidth"] = maximum
    service = parse_info(info, BASE)
    x, y, w, h = share
    region = Rect(x * width, y * height, w * width, h * height)
    found = plan(service, region, long_side)
    assert found.source.contains(found.region)
    assert region.intersection(Rect.of_size(width, height)).iou(found.region) > 0
    assert found.width <= found.source.w and found.height <= found.source.h
    if not found.limited:
        enough = min(long_side, max(found.region.w, found.region.h))
        assert max(found.crop.w, found.crop.h) >= enough - 1e-3
    area = sum(r.source.area for r in found.requests)
    assert area == pytest.approx(found.source.area)
    if maximum and version == "3" and not tiled:
        assert max(found.width, found.height) <= maximum
