"""What every encoder promises, over the registry."""

import numpy as np
import pytest

from ml import registry, runtime
from tests.ml.fakes import MEAN_RGB, registered, solid

SPECS = registry.specs()

# First values for `inputs(spec)[0]`: another value here means another encoder, so a new version.
# "random-": with the weights of `random_weights`, since the real ones cannot be had everywhere.
GOLDEN = {
    "colour-1": [0.00244, 0.00823, 0.0138, 0.01645, 0.01302, 0.02184, 0.01565, 0.00893],
    "colour-layout-1": [0.23172, -0.12152, -0.03508, 0.11939, -0.00318, 0.1479, 0.15765, -0.00209],
    "colour-structure-1": [
        -0.05011,
        -0.06094,
        -0.06094,
        -0.06094,
        -0.06094,
        -0.06094,
        -0.06094,
        -0.06094,
    ],
    "edge-histogram-1": [
        0.13419,
        -0.14586,
        0.03464,
        -0.14586,
        0.14586,
        -0.08861,
        0.02261,
        -0.14586,
    ],
    "hog-1": [-0.00313, -0.02962, -0.02982, -0.02761, 0.00846, 0.02434, 0.08752, 0.0339],
    "lbp-1": [-0.02065, -0.0295, -0.00394, 0.03358, 0.14404, 0.02804, -0.01465, -0.03537],
    "objects-1": [0.05941, 0.07173, -0.02498, 0.11227, 0.04117, -0.04885, 0.10446, -0.10315],
    "palette-1": [0.1186, 0.12204, 0.10105, 0.07673, 0.07544, 0.19877, 0.15228, 0.40169],
    "texture-1": [0.06775, 0.06775, -0.00464, -0.06775, 0.06775, 0.06775, -0.03217, -0.06775],
    "efficientnet-lite0-1": [
        -0.01762,
        -0.00983,
        -0.02466,
        0.01684,
        -0.00565,
        -0.03298,
        -0.02148,
        -0.04247,
    ],
    "efficientnet-lite0-shallow-1": [
        -0.02402,
        0.00846,
        -0.06411,
        -0.03425,
        -0.08744,
        -0.00085,
        -0.02015,
        -0.04414,
    ],
    "efficientnet-lite0-regions-1": [
        0.06321,
        0.00218,
        -0.05827,
        0.05416,
        -0.14767,
        -0.04444,
        0.06461,
        0.01626,
    ],
    "art-joint-1": [
        -0.00282,
        -0.02752,
        -0.28519,
        -0.07011,
        -0.31653,
        -0.02239,
        0.16577,
        -0.02617,
    ],
    "art-joint-text-1": [
        0.02404,
        0.03195,
        0.0228,
        0.10401,
        -0.01388,
        0.06169,
        -0.04002,
        0.0156,
    ],
    "random-dinov2-small-1": [
        -0.03776,
        0.02928,
        0.00649,
        0.03513,
        -0.08677,
        0.06367,
        0.03979,
        0.03352,
    ],
    "random-resnet50-1": [
        0.00866,
        -0.02883,
        0.04502,
        -0.02235,
        -0.07613,
        -0.01103,
        0.03693,
        -0.04308,
    ],
    "random-resnet152-1": [
        0.07104,
        -0.01839,
        0.04728,
        0.03165,
        -0.01225,
        0.00544,
        -0.00853,
        -0.03385,
    ],
    "random-vgg16-average-1": [
        0.00498,
        0.00718,
        0.00188,
        0.00004,
        0.00004,
        0.02128,
        0.00447,
        0.04955,
    ],
    "random-vgg16-1": [0.01203, 0.02283, 0.00747, 0.00078, 0.0007, 0.03054, 0.01017, 0.05887],
    "minilm-1": [0.03654, -0.04851, -0.0164, 0.05689, -0.02052, 0.07405, 0.02222, 0.01907],
}


def inputs(spec):
    """Five different inputs, made by arithmetic."""
    if spec.modality == "text":
        return [
            "A woman reads a letter at an open window.",
            "Ships in a storm",
            "",
            "Ünïcödé, 日本語 and a horse",
            "The Night Watch " * 300,  # far beyond what is kept
        ]
    rows, columns = np.mgrid[0:60, 0:90]
    waves = np.stack(
        [
            127 + 120 * np.sin(rows / 7),
            127 + 120 * np.cos(columns / 11),
            (rows * columns) % 256,
        ],
        axis=-1,
    ).astype(np.uint8)
    grey = np.repeat(waves[..., :1], 3, axis=2)
    noise = np.random.default_rng(0).integers(0, 256, (200, 130, 3), np.uint8)
    return [waves, grey, noise, solid(200, 30, 40), waves[::-1]]


@pytest.fixture(params=SPECS, ids=lambda spec: spec.key)
def encoder(request, loaded):
    return loaded(request.param)


def test_vectors_are_finite_float32_of_norm_one(encoder):
    vectors = encoder.encode(inputs(encoder.spec))
    assert vectors.shape == (5, encoder.spec.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_the_same_input_gives_the_same_vector(encoder):
    items = inputs(encoder.spec)
    np.testing.assert_array_equal(encoder.encode(items), encoder.encode(items))


def test_a_vector_does_not_depend_on_its_batch(encoder):
    items = inputs(encoder.spec)
    alone = np.concatenate([encoder.encode([item]) for item in items])
    np.testing.assert_allclose(encoder.encode(items), alone, atol=1e-5)


def test_order_is_kept_over_several_batches(encoder):
    short = inputs(encoder.spec)[:4]
    at_once = 1 if encoder.spec.vision_network else runtime.BATCH_SIZE
    many = (short * 9)[: at_once + 3]
    expected = np.tile(encoder.encode(short), (9, 1))[: len(many)]
    np.testing.assert_allclose(encoder.encode(many), expected, atol=1e-5)


def test_no_input_gives_no_vector(encoder):
    assert encoder.encode([]).shape == (0, encoder.spec.dim)


def test_inputs_are_left_as_they_were(encoder):
    items = inputs(encoder.spec)
    before = [np.copy(item) for item in items]
    encoder.encode(items)
    for item, copy in zip(items, before, strict=True):
        np.testing.assert_array_equal(item, copy)


def test_different_inputs_are_told_apart(encoder):
    first, second = encoder.encode(inputs(encoder.spec))[[0, 2]]
    # A network that has learned nothing sees little.
    assert first @ second < (0.99999 if encoder.spec.name.startswith("random-") else 0.9)


def test_golden_vector(encoder):
    vector = encoder.encode(inputs(encoder.spec)[:1])[0]
    np.testing.assert_allclose(vector[:8], GOLDEN[encoder.spec.key], atol=2e-4)


@pytest.fixture(params=registry.names("image"))
def image_encoder(request, loaded):
    return loaded(registry.get(request.param))


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (10, 2000), (2000, 10), (1, 3000)])
def test_any_size_of_picture(image_encoder, size):
    vector = image_encoder.encode([solid(120, 60, 30, size)])
    assert np.isfinite(vector).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_black_grey_and_white(image_encoder, level):
    assert np.isfinite(image_encoder.encode([solid(level, level, level)])).all()


def test_a_view_of_an_array_is_as_good_as_a_copy(image_encoder):
    picture = inputs(image_encoder.spec)[0]
    view = picture[::-1, 10:50, ::-1]
    np.testing.assert_array_equal(
        image_encoder.encode([view]), image_encoder.encode([np.ascontiguousarray(view)])
    )


def test_the_fake_keeps_the_promises_too(tmp_path):
    with registered(MEAN_RGB):
        fake = runtime.load("mean-rgb", cache_dir=tmp_path)
    red, yellow = fake.encode([solid(255, 0, 0), solid(255, 255, 0)])
    np.testing.assert_allclose(red, [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(red @ yellow, 0.5**0.5, atol=1e-6)
