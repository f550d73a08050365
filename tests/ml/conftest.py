"""What the tests of ml share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ml import registry
from ml.specs import Download, EncoderSpec
from tests.ml.fakes import registered
from tests.ml.random_weights import stand_in

EXPORTS = Path(__file__).resolve().parents[2] / "var" / "encoders"


@pytest.fixture(scope="session")
def encoder_cache() -> Path:
    """The folder of the ONNX exports: the one the product uses by default, so made only once.

    Without those whose weights are downloaded: see `random_weights`.
    """
    from ml.exports import intact

    for spec in registry.specs():
        here = not spec.handcrafted and not isinstance(spec.weights, Download)
        if here and not intact(spec, EXPORTS):
            from ml.encoders.export import export  # imports torch: only where it is needed

            export(spec.key, EXPORTS)
    return EXPORTS


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[EncoderSpec], tuple]:
    """A spec whose weights are downloaded -> one with random weights, and its folder of exports;
    exported at the first call."""
    folder = tmp_path_factory.mktemp("random-weights")
    made: dict[str, EncoderSpec] = {}

    def get(spec: EncoderSpec) -> tuple[EncoderSpec, Path]:
        if spec.key not in made:
            from ml.encoders.export import export

            made[spec.key] = stand_in(spec, folder)
            with registered(made[spec.key]):
                export(made[spec.key].key, folder)
        return made[spec.key], folder

    return get


@pytest.fixture
def loaded(encoder_cache: Path, random_weights):
    """A spec -> its encoder, with random weights where the real ones would be downloaded."""
    from ml import runtime

    def load(spec: EncoderSpec) -> runtime.Encoder:
        folder = encoder_cache
        if isinstance(spec.weights, Download):
            spec, folder = random_weights(spec)
            with registered(spec):
                return runtime.load(spec.key, cache_dir=folder, threads=2)
        return runtime.load(spec.key, cache_dir=folder, threads=2)

    return load
