"""The projection of regions, learned on numbers made by hand; the torch side of their encoder."""

import numpy as np
import pytest

from ml import exports, registry
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.whitening import apply, read

torch = pytest.importorskip("torch")

from ml.encoders import regions  # noqa: E402
from ml.encoders.export import example, largest_difference  # noqa: E402
from ml.encoders.learn_regions import _Raw, detail, learn, overlap, sample  # noqa: E402
from ml.regional import STRIDE  # noqa: E402
from tests.ml.fakes import solid  # noqa: E402

SPEC = registry.get("efficientnet-lite0-regions")


def pairs(noise, spread, count=4000, seed=0):
    """Details, their squares, and regions: normal, with these deviations in each direction."""
    chance = np.random.default_rng(seed)
    squares = chance.normal(size=(count, len(noise))) * spread + 1
    details = squares + chance.normal(size=squares.shape) * noise
    return details.astype(np.float32), squares.astype(np.float32), squares.astype(np.float32)


def test_a_noisy_direction_is_shrunk():
    learned = learn(*pairs(noise=[1.0, 0.1], spread=[1.0, 1.0]), 2)
    np.testing.assert_allclose(learned.mean, [1, 1], atol=0.1)
    # Noise of variance 1 and .01, each with .2 of the mean .505: 1.101 and .111.
    lengths = np.linalg.norm(learned.projection, axis=1)
    assert lengths[1] / lengths[0] == pytest.approx((1.101 / 0.111) ** 0.5, rel=0.03)


def test_the_directions_that_tell_most_are_kept():
    # The widest direction is the noisiest too; the second tells most.
    learned = learn(*pairs(noise=[3.0, 0.1, 0.1], spread=[2.0, 1.0, 0.1]), 1)
    assert learned.projection.shape == (3, 1)
    assert np.abs(learned.projection[:, 0]).argmax() == 1
    assert np.abs(learned.projection[[0, 2], 0]).max() < 0.1


def test_pairs_lie_nearer_afterwards():
    details, squares, others = pairs(noise=[2] * 4 + [0.1] * 8, spread=[1] * 12)
    learned = learn(details, squares, others, 12)

    def found(first, second):
        first, second = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (first, second))
        return ((first @ second.T).argmax(axis=1) == range(len(first))).mean()

    some, same = details[:200], squares[:200]
    before = found(some - learned.mean, same - learned.mean)
    assert found(apply(learned, some), apply(learned, same)) > before + 0.1


def test_learned_fits_half_floats_and_has_a_sign():
    learned = learn(*pairs(noise=[0.01] * 5, spread=[1e-3] * 5), 3)
    assert learned.mean.dtype == learned.projection.dtype == np.float32
    assert np.abs(learned.projection).max() == pytest.approx(1)
    again = learn(*pairs(noise=[0.01] * 5, spread=[1e-3] * 5), 3)
    np.testing.assert_array_equal(again.projection, learned.projection)


def test_overlap_by_hand():
    boxes = np.float32([[0, 0, 1, 1], [0, 0, 0.5, 0.5], [0.5, 0, 0.5, 1], [0.25, 0.25, 0.5, 0.5]])
    found = overlap(boxes, np.array([0, 0, 0.5, 0.5]))
    # The last shares 1/16 of 7/16.
    np.testing.assert_allclose(found, [0.25, 1, 0, 1 / 7], atol=1e-6)


def test_a_detail_is_where_it_says():
    rows, columns = np.mgrid[0:240, 0:320]
    image = np.stack([columns * 0.7, rows, 0 * rows + 90], axis=-1).astype(np.uint8)
    chance = np.random.default_rng(0)
    for _ in range(30):
        cut, (x, y, w, h) = detail(image, chance)
        assert cut.dtype == np.uint8
        assert cut.ndim == 3
        assert min(x, y) >= 0
        assert max(x + w, y + h) <= 1
        assert 0.04 < w * h < 0.31
        # Light and contrast have changed; what is left grows from left to right and downwards as
        # much as the box says.
        flat = cut.reshape(-1, 3).astype(float)
        if flat.min() < 3 or flat.max() > 252:
            continue  # cut off by too much light
        blue = flat[:, 2].mean()
        gain = (flat[:, 1].max() - flat[:, 1].min()) / (h * 240)
        assert 0.7 < gain < 1.4
        left = (flat[:, 0].mean() - blue) / gain + 90
        assert left / (320 * 0.7) == pytest.approx(x + w / 2, abs=0.08)
        top = (flat[:, 1].mean() - blue) / gain + 90
        assert top / 240 == pytest.approx(y + h / 2, abs=0.08)


@pytest.mark.parametrize("size", [(20, 20), (9, 400), (400, 9)])
def test_a_detail_of_a_small_picture(size):
    cut, box = detail(solid(90, 120, 150, size), np.random.default_rng(0))
    assert 0 not in cut.shape
    assert (box[:2] + box[2:] <= 1).all()


def test_details_are_seeded():
    image = np.random.default_rng(0).integers(0, 256, (120, 90, 3)).astype(np.uint8)
    first, again = (detail(image, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_a_sample(tmp_path):
    from PIL import Image

    for n in range(2):
        picture = np.random.default_rng(n).integers(0, 256, (60, 80, 3)).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{n}.png")

    def run(feeds):
        """A vector that tells which box it is of: the mean place of its cells."""
        return (feeds["masks"] @ np.mgrid[0:9, 0:9].reshape(2, -1).T).astype(np.float32)

    details, squares, others = sample(SPEC, run, sorted(tmp_path.glob("*.png")))
    assert details.shape == squares.shape == (6, 2)
    assert others.shape == (16, 2)
    # A detail is the whole of what is cut out: its middle is that of the map, on the diagonal.
    np.testing.assert_allclose(details, 0.5**0.5, atol=0.0025)


def test_vectors_before_the_projection():
    image = solid(9, 9, 9, (60, 80))
    boxes, vectors = _Raw(SPEC, lambda feeds: feeds["masks"]).all(image)
    assert len(boxes) == len(vectors)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


class TestNetwork:
    @pytest.fixture(autouse=True)
    def _two_threads(self):
        torch.set_num_threads(2)

    def test_pooled_by_hand(self):
        class Network(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.conv_stem = self.bn1 = torch.nn.Identity()
                self.blocks = torch.nn.Sequential()

        # Two channels of a map of 2 x 2; the first box is all of it, the second its first cell.
        pixels = torch.tensor([[[[1.0, 3.0], [1.0, 3.0]], [[2.0, 2.0], [2.0, 2.0]]]])
        masks = torch.tensor([[0.25] * 4, [1.0, 0, 0, 0]])
        found = regions.PooledBoxes(Network(), p=2)(pixels, masks)
        # Roots of the means of the squares: the root of 5, and 2.
        np.testing.assert_allclose(found, [[5**0.5, 2], [1, 2]], atol=1e-5)

    def test_what_is_negative_is_nothing(self):
        network = regions.pooled(SPEC, None)
        assert network.p == 3
        inputs = example(SPEC, 2)
        with torch.inference_mode():
            vectors = network(**inputs)
        assert vectors.shape == (2, 320)
        assert (vectors >= 0).all()

    def test_exported_as_defined(self, encoder_cache):
        model = regions.build(SPEC, encoder_cache)
        path = exports.onnx_path(SPEC, encoder_cache)
        assert largest_difference(model, [example(SPEC, 1), example(SPEC, 3)], path) <= 1e-4

    def test_an_example_has_masks_that_sum_to_one(self):
        inputs = example(SPEC, 3)
        side = SPEC.preprocessing.size
        assert inputs["pixels"].shape == (1, 3, side, side)
        assert inputs["masks"].shape == (3, (side // STRIDE) ** 2)
        np.testing.assert_allclose(inputs["masks"].sum(dim=1), 1, atol=1e-5)

    @pytest.mark.parametrize("name", ["efficientnet-lite0", "colour"])
    def test_an_encoder_without_a_grid(self, name, tmp_path):
        with pytest.raises(InvalidSpec, match="declares no"):
            regions.build(registry.get(name), tmp_path)


def test_what_is_shipped_is_small_and_fits():
    path = verified(SPEC.whitening)
    assert path.stat().st_size < 100_000
    assert read(path).projection.shape == (320, SPEC.dim)
    assert path.with_suffix(".md").exists()
