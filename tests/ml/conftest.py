"""What the tests of ml share."""

from pathlib import Path

import pytest

from ml import registry

EXPORTS = Path(__file__).resolve().parents[2] / "var" / "encoders"


@pytest.fixture(scope="session")
def encoder_cache() -> Path:
    """The folder of the ONNX exports: the one the product uses by default, so made only once."""
    from ml.exports import intact

    for spec in registry.specs():
        if not spec.handcrafted and not intact(spec, EXPORTS):
            from ml.encoders.export import export  # imports torch: only where it is needed

            export(spec.key, EXPORTS)
    return EXPORTS
