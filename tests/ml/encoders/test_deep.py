"""Backbone, depth, pooling and whitening, put together as a spec declares them."""

from dataclasses import replace

import numpy as np
import pytest

from ml import registry
from ml.errors import InvalidSpec
from ml.specs import Average, Cam, ClassToken, Features, Gem, ImagePreprocessing, Mac, Rmac

torch = pytest.importorskip("torch")

from ml.encoders import deep, dinov2_small, efficientnet_lite0, resnet, vgg16  # noqa: E402

LITE0 = registry.get("efficientnet-lite0")
TINY = torch.zeros(1, 3, 64, 64)


@pytest.fixture(scope="module")
def lite0(tmp_path_factory):
    return efficientnet_lite0.network(LITE0, tmp_path_factory.mktemp("none"))


def shape(module, pixels=TINY):
    with torch.inference_mode():
        return tuple(module.eval()(pixels).shape[1:])


def test_depths_of_efficientnet(lite0):
    shapes = [shape(efficientnet_lite0.feature_map(lite0, d)) for d in efficientnet_lite0.DEPTHS]
    assert shapes == [
        (96, 32, 32),
        (144, 16, 16),
        (240, 8, 8),
        (480, 4, 4),
        (672, 4, 4),
        (1152, 2, 2),
        (1280, 2, 2),
    ]


def test_what_is_classified_is_the_mean_of_the_last_map(lite0):
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        mean = efficientnet_lite0.feature_map(lite0, "head")(pixels).mean(dim=(2, 3))
        np.testing.assert_allclose(
            efficientnet_lite0.classifier(lite0)(mean), lite0(pixels), atol=1e-4
        )


def test_depths_of_resnet():
    from torchvision.models import resnet50 as made

    network = made().eval()
    shapes = [shape(resnet.feature_map(network, depth)) for depth in resnet.DEPTHS]
    assert shapes == [(256, 16, 16), (512, 8, 8), (1024, 4, 4), (2048, 2, 2)]


def test_depths_of_vgg():
    from torchvision.models import vgg

    network = vgg.make_layers(vgg.cfgs["D"])
    for depth, expected in {
        "conv3_3": (256, 16, 16),
        "conv4_3": (512, 8, 8),
        "conv5_3": (512, 4, 4),
        "pool5": (512, 2, 2),
    }.items():
        module = vgg16.feature_map(network, depth)
        assert shape(module) == expected
        assert isinstance(module[-1], torch.nn.MaxPool2d if depth == "pool5" else torch.nn.ReLU)


def test_depths_of_dinov2():
    import timm

    network = timm.create_model("vit_small_patch14_dinov2", num_classes=0, img_size=70).eval()
    pixels = torch.rand(1, 3, 70, 70, generator=torch.Generator().manual_seed(0))
    assert shape(dinov2_small.feature_map(network, "block3"), pixels) == (384, 5, 5)
    with torch.inference_mode():
        tokens = network.forward_features(pixels)
        np.testing.assert_allclose(
            dinov2_small.class_token(network, "block12")(pixels), tokens[:, 0], atol=1e-5
        )
        patches = dinov2_small.feature_map(network, "block12")(pixels)
        np.testing.assert_allclose(patches[0, :, 1, 2], tokens[0, 1 + 5 + 2], atol=1e-5)


@pytest.mark.parametrize("pooling", [Mac(), Average(), Gem(3), Rmac(2), Cam(5)])
def test_every_pooling_of_a_declared_depth(pooling, tmp_path):
    preprocessing = replace(LITE0.preprocessing, size=64)
    features = Features("efficientnet_lite0", "head", pooling)
    spec = replace(LITE0, features=features, preprocessing=preprocessing)
    assert shape(deep.pooled(spec, tmp_path)) == (1280,)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (Features("vgg16", "conv5_3", Cam(5)), "vgg16 has no linear classifier"),
        (Features("resnet", "layer3", Cam(5)), "only layer4 is classified, not layer3"),
        (Features("vgg16", "conv5_3", ClassToken()), "vgg16 has no class token"),
        (Features("resnet", "conv5_3", Mac()), "conv5_3 is not among the depths layer1, "),
        (None, "declares no features"),
    ],
)
def test_what_a_network_does_not_have_is_refused(features, message, tmp_path):
    with pytest.raises(InvalidSpec, match=message):
        deep.pooled(replace(LITE0, features=features), tmp_path)


def test_a_random_projection_keeps_cosines_and_stays_the_same():
    projection = deep.random_projection(2048, 512, seed=0).projection
    np.testing.assert_allclose(projection.T @ projection, np.eye(512), atol=1e-5)
    np.testing.assert_allclose(projection[0, :3], [0.038305, 0.008896, 0.023388], atol=1e-4)
    first, second = np.random.default_rng(0).random((2, 2048))

    def cosine(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    before, after = cosine(first, second), cosine(first @ projection, second @ projection)
    assert abs(before - after) < 3 / 512**0.5


def test_sizes_fit_the_patches():
    spec = registry.get("dinov2-small")
    assert isinstance(spec.preprocessing, ImagePreprocessing)
    assert spec.preprocessing.size % dinov2_small.PATCH == 0
