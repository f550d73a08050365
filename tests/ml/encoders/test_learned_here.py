"""Whitenings that a library learns from its own pictures."""

from dataclasses import replace

import numpy as np
import pytest

from ml import exports, registry, runtime
from ml.errors import CorruptResource, InvalidSpec, MissingResource, UnknownEncoder
from ml.specs import Mac
from tests.ml.fakes import registered

torch = pytest.importorskip("torch")

from ml.encoders.export import export  # noqa: E402
from ml.encoders.learn_whitening import learn_here  # noqa: E402

# Small enough to learn from a few pictures: eight dimensions of a shallow layer, at 64 pixels.
SMALL = replace(
    registry.get("efficientnet-lite0-shallow"),
    name="small",
    dim=8,
    preprocessing=replace(registry.get("efficientnet-lite0").preprocessing, size=64),
    features=replace(
        registry.get("efficientnet-lite0-shallow").features, depth="stage1", pooling=Mac()
    ),
)


def pictures(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        np.kron(rng.integers(0, 256, (4, 4, 3), np.uint8), np.ones((9, 9, 1), np.uint8))
        for _ in range(count)
    ]


def test_a_name_says_it_all():
    spec = registry.get("vgg16-1w0a1b2c3d")
    assert spec == registry.resolve("vgg16-1w0a1b2c3d") == registry.get_by_key("vgg16-1w0a1b2c3d")
    assert spec.key == spec.name == "vgg16-1w0a1b2c3d"
    assert spec.weights == registry.get("vgg16").weights
    assert spec.ingredients["whitening"] == "0a1b2c3d"
    assert spec.name not in registry.names()


@pytest.mark.parametrize(
    "name", ["vgg16-2w0a1b2c3d", "vgg16w0a1b2c3d", "vgg16-1w0a1b", "minilm-1w0a1b2c3d"]
)
def test_a_name_that_says_nothing_is_unknown(name):
    with pytest.raises(UnknownEncoder):
        registry.get(name)


@pytest.mark.parametrize("name", ["colour", "minilm", "vgg16-1w0a1b2c3d"])
def test_nothing_to_whiten(name, tmp_path):
    with pytest.raises(InvalidSpec, match="no whitening can be learned"):
        learn_here(registry.get(name), [], tmp_path)


def test_learned_exported_and_served(tmp_path):
    with registered(SMALL):
        here = learn_here(SMALL, pictures(40), tmp_path)
        assert here.key.startswith("small-1w")
        assert [path.name for path in (tmp_path / "whitenings").iterdir()] == [
            f"{here.key}.safetensors"
        ]
        assert not runtime.ready(here.key, tmp_path)
        export(here.key, tmp_path)
        vectors = runtime.load(here.key, cache_dir=tmp_path).encode(pictures(40))
    # Levelled: before each vector is brought to norm 1 the sample's covariance is the identity.
    assert vectors.shape == (40, 8)
    spread = np.linalg.eigvalsh(vectors.T @ vectors / 40)
    assert spread.max() < 4 * spread.min()


def test_the_same_pictures_give_the_same_name_and_others_another(tmp_path):
    first, again, other = (
        learn_here(SMALL, pictures(20, seed), tmp_path).key for seed in (0, 0, 1)
    )
    assert first == again != other
    assert len(list((tmp_path / "whitenings").iterdir())) == 2


def test_too_few_pictures(tmp_path):
    with pytest.raises(ValueError, match="does not span"):
        learn_here(SMALL, pictures(5), tmp_path)
    with pytest.raises(ValueError, match="no picture"):
        learn_here(SMALL, [], tmp_path)


def test_a_file_that_is_missing_or_another(tmp_path):
    with registered(SMALL):
        here = registry.get("small-1w00000000")
        with pytest.raises(MissingResource, match=r"manage\.py whiten"):
            export(here.key, tmp_path)
        path = exports.whitening_path(here, tmp_path)
        path.parent.mkdir()
        path.write_bytes(b"something")
        with pytest.raises(CorruptResource, match="learn one anew"):
            export(here.key, tmp_path)
