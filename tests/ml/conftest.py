"""What the tests of ml share."""

from pathlib import Path

import pytest

from ml import registry

EXPORTS = Path(__file__).resolve().parents[2] / "var" / "models"


@pytest.fixture(scope="session")
def encoder_cache() -> Path:
    """The folder of the ONNX exports; made once, kept between runs and shared by all workers."""
    from ml.exports import intact

    for spec in registry.specs():
        if not spec.handcrafted and not intact(spec, EXPORTS):
            from ml.encoders.export import export  # imports torch: only where it is needed

            export(spec.key, EXPORTS)
    return EXPORTS
