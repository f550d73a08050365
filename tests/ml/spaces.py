"""What tests of spaces that are added share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml import registry
from ml.training.config import made
from ml.training.run import train
from tests.ml.training import drawn

#: Every reader of texts that goes another way into its graph.
READERS = ("bow", "mlp", "rnn", "minilm")


def beside(exports: Path, folder: Path) -> Path:
    """A folder of exports of its own, with those that are in another."""
    folder.mkdir()
    for path in exports.iterdir():
        if path.is_file() and path.suffix in (".onnx", ".json"):
            (folder / path.name).symlink_to(path)
    return folder


@contextmanager
def forgotten() -> Iterator[None]:
    """Encoders that become known within are not, afterwards."""
    before = {spec.key for spec in registry.specs()}
    try:
        yield
    finally:
        for spec in registry.specs():
            if spec.key not in before:
                registry.forget(spec.space)


def run(folder: Path, cache_dir: Path, text: str, **more: Any) -> Path:
    """The folder of a small model that was trained on drawn paintings, which lie beside it."""
    data = folder / "data"
    if not data.is_dir():
        drawn.write(data, train=120, val=40, test=60)
    small = {"dim": 24, "min_count": 2, "hidden": 32, "embedding": 16, "epochs": 2}
    known = {
        "name": f"{text}-model",
        "text": text,
        "visual": "efficientnet-lite0",
        "transformation": "cml",
        "learning_rate": 0.01,
        "positives": 0.5,
    }
    config = made({**known, **small, **more})
    return train(config, data, folder / "models", cache_dir=cache_dir).folder
