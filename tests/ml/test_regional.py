"""Vectors of regions: masks by hand, and details that are found in the picture they are from."""

import numpy as np
import pytest

from ml import regional, registry, runtime
from ml.errors import BadInput, BadOutput, EncoderNotReady, InvalidSpec
from ml.regional import STRIDE, RegionEncoder, masks_of
from tests.ml.fakes import solid
from tests.ml.local.drawn import painting

SPEC = registry.get("efficientnet-lite0-regions")
CELLS = SPEC.preprocessing.size // STRIDE  # 9 x 9
WHOLE = [[0, 0, 1, 1]]


def masks(boxes, width, height):
    found = masks_of(np.array(boxes, np.float32), width, height, SPEC.preprocessing)
    assert found.dtype == np.float32
    assert found.shape == (len(boxes), CELLS**2)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    return found.reshape(-1, CELLS, CELLS)


def quarters():
    """uint8 (400, 400, 3): stripes, dots, a sky and a heap of shapes, a quarter each."""
    rows, columns = np.mgrid[0:200, 0:200]
    stripes = np.where(((rows + columns) // 14 % 2)[..., None] == 1, (250, 220, 40), (20, 30, 120))
    apart = (rows % 34 - 15) ** 2 + (columns % 34 - 15) ** 2
    dots = np.where((apart < 100)[..., None], (190, 30, 40), (235, 235, 235))
    sky = np.stack([90 + rows * 0.5, 140 + rows * 0.4, 230 - rows * 0.2], axis=-1)
    upper, lower = np.hstack([stripes, dots]), np.hstack([sky, painting(1, 200, 200)])
    return np.vstack([upper, lower]).astype(np.uint8)


@pytest.fixture(scope="module")
def encoder(encoder_cache):
    return regional.load(SPEC.name, encoder_cache, threads=2)


def test_a_square_picture_fills_the_map():
    np.testing.assert_allclose(masks(WHOLE, 100, 100), 1 / 81, atol=1e-6)


def test_bars_of_a_letterbox_do_not_count():
    # 288 x 144, with bars of 72 pixels, two cells and a quarter, above and below.
    (mask,) = masks(WHOLE, 200, 100)
    down = mask.sum(axis=1)
    np.testing.assert_allclose(down, np.array([0, 0, 24, 32, 32, 32, 24, 0, 0]) / 144, atol=1e-5)
    np.testing.assert_allclose(mask.sum(axis=0), 1 / 9, atol=1e-6)
    (upright,) = masks(WHOLE, 100, 200)
    np.testing.assert_allclose(upright, mask.T, atol=1e-7)


def test_a_box_covers_its_cells_by_their_share():
    # The picture is 288 wide; x from .25 to .5 is 72 to 144 pixels: cells 2 (a part), 3, and half
    # of 4. It is 144 high from 72 on; y from .5 to 1 is 144 to 216: half of 4, 5 and 24 of 6.
    (mask,) = masks([[0.25, 0.5, 0.25, 0.5]], 200, 100)
    shares = np.array([24, 32, 16]) / 72
    np.testing.assert_allclose(
        mask[4:7, 2:5], np.outer([16 / 72, 32 / 72, 24 / 72], shares), atol=1e-5
    )
    outside = mask.copy()
    outside[4:7, 2:5] = 0
    assert outside.max() < 1e-6


def test_a_box_within_one_cell():
    (mask,) = masks([[0.12, 0.12, 0.05, 0.05]], 100, 100)
    assert mask[1, 1] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("box", [[0.5, 0.5, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1], [1, 1, 0.1, 0.1]])
def test_a_box_without_area_still_sums_to_one(box):
    masks([box], 100, 60)


def test_half_of_a_picture_and_the_other_are_the_whole():
    halves = masks([[0, 0, 0.5, 1], [0.5, 0, 0.5, 1]], 130, 70)
    np.testing.assert_allclose(halves.mean(axis=0), masks(WHOLE, 130, 70)[0], atol=1e-6)


@pytest.mark.parametrize("size", [(270, 360), (360, 270), (100, 100), (10, 400), (1, 1), (1, 2000)])
def test_boxes(encoder, size):
    boxes = encoder.boxes(solid(1, 2, 3, size))
    assert boxes.dtype == np.float32
    assert boxes[0].tolist() == [0, 0, 1, 1]
    assert (boxes >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= 1 + 1e-5).all()
    assert (boxes[:, 2:] > 0).all()
    assert len(np.unique(boxes, axis=0)) == len(boxes)
    masks(boxes, *size[::-1])


def test_squares_of_four_levels(encoder):
    height, width = 270, 360
    boxes = encoder.boxes(solid(1, 2, 3, (height, width)))
    shapes = boxes[1:, 2:] * [width, height]
    np.testing.assert_allclose(shapes[:, 0], shapes[:, 1], rtol=0.03)
    sides = np.round(shapes[:, 1] / height, 1)
    assert dict(zip(*np.unique(sides, return_counts=True), strict=True)) == {
        1.0: 2, 0.7: 2 * 3, 0.5: 3 * 4, 0.4: 4 * 5,
    }  # fmt: skip


def test_encode(encoder):
    (found,) = encoder.encode([painting(0)])
    assert found.vectors.shape == (41, SPEC.dim) == (len(found.boxes), 128)
    assert found.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.boxes, encoder.boxes(painting(0)))


def test_always_the_same(encoder):
    first, again = encoder.encode([painting(0), painting(0)])
    np.testing.assert_array_equal(first.vectors, again.vectors)


def test_the_whole_is_the_first(encoder, encoder_cache):
    vector = encoder.encode([painting(0)])[0].vectors[0]
    np.testing.assert_allclose(encoder.whole(painting(0)), vector, atol=1e-5)
    served = runtime.load(SPEC.key, cache_dir=encoder_cache, threads=2)
    np.testing.assert_allclose(served.encode([painting(0)])[0], vector, atol=1e-5)


def test_a_region_does_not_depend_on_the_others(encoder):
    (found,) = encoder.encode([painting(0)])
    alone = encoder._encoded(painting(0), found.boxes[[17]])
    np.testing.assert_allclose(alone.vectors[0], found.vectors[17], atol=1e-5)


@pytest.mark.parametrize("left", [0, 200])
@pytest.mark.parametrize("top", [0, 200])
@pytest.mark.parametrize("inner", [slice(0, 200), slice(20, 170)])
@pytest.mark.parametrize("seen", [RegionEncoder.whole, RegionEncoder.detail])
def test_a_crop_is_most_like_a_region_that_covers_it(encoder, seen, top, left, inner):
    image = quarters()
    (found,) = encoder.encode([image])
    crop = image[top : top + 200, left : left + 200][inner, inner]
    x, y, w, h = found.boxes[(found.vectors @ seen(encoder, crop)).argmax()]
    assert (x + w / 2 > 0.5, y + h / 2 > 0.5) == (left > 0, top > 0)
    assert w * h < 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 3), (37, 41), (2000, 1500)])
def test_a_detail_of_any_shape(encoder, shape):
    pixels = np.random.default_rng(3).integers(0, 255, (*shape, 3), np.uint8)
    vector = encoder.detail(pixels)
    assert vector.shape == (128,) and vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "colour", "minilm"])
def test_another_encoder_has_no_regions(name):
    with pytest.raises(InvalidSpec, match="is no encoder of regions"):
        RegionEncoder(registry.get(name), lambda feeds: np.zeros((1, 128), np.float32))


@pytest.mark.parametrize(
    "image", [None, np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
)
def test_what_is_no_picture_is_refused(encoder, image):
    for seen in (encoder.whole, encoder.detail):
        with pytest.raises(BadInput, match=SPEC.key):
            seen(image)


@pytest.mark.parametrize(
    "image", [None, np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
)
def test_nor_is_it_encoded(encoder, image):
    with pytest.raises(BadInput, match=SPEC.key):
        encoder.encode([image])


@pytest.mark.parametrize("given", [np.nan, np.inf, 0.0])
def test_what_is_no_vector_is_refused(given):
    broken = RegionEncoder(
        SPEC, lambda feeds: np.full((len(feeds["masks"]), 128), given, np.float32)
    )
    with pytest.raises(BadOutput, match=SPEC.key):
        broken.encode([solid(1, 2, 3)])


def test_without_an_export(tmp_path):
    with pytest.raises(EncoderNotReady, match=SPEC.name):
        regional.load(SPEC.name, tmp_path)
