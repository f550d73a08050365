"""A model that was trained becomes an encoder of pictures and one of texts."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml import registry, spaces
from ml.encoders.export import export_space
from ml.errors import InvalidSpec
from ml.spaces import Declaration
from ml.specs import ImagePreprocessing
from ml.training import trained
from ml.training.config import Config
from ml.training.trained import CARD, CONFIG, VOCABULARY, WEIGHTS

#: Cut-offs where a card has none: everything is let through.
NO_CUT_OFFS = (0.0, 0.0)


def publish(folder: Path, *, cache_dir: Path, name: str | None = None) -> Declaration:
    """Add the model of a run that has ended, as `ml.training.run.train` left it in ``folder``, to
    the encoders in cache_dir, and export both. name: None for that of the run.

    Raises BadData, InvalidSpec (pictures that were seen by a descriptor, which has no graph), and
    what `ml.encoders.export.export` raises.
    """
    learned = trained.load(folder, cache_dir=cache_dir)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    config = learned.config
    seen = registry.get_by_key(learned.visual)
    if not seen.vision_network or not isinstance(seen.preprocessing, ImagePreprocessing):
        raise InvalidSpec(
            f"{folder}: its pictures are seen by {seen.key}, which is no network; train it again "
            "with one that is, such as efficientnet-lite0"
        )
    with spaces.adding(spaces.named(name or config.name), cache_dir, export_space) as (place, said):
        for file in (CONFIG, WEIGHTS, CARD, *([VOCABULARY] if config.text != "minilm" else [])):
            shutil.copyfile(folder / file, place / file)
        said |= {
            "loader": "ml.encoders.trained:build",
            "dim": config.dim,
            "description": f"{config.text} and {seen.key} by {config.transformation}, trained on "
            f"{card['paintings'].get('train', 0)} paintings",
            "source": f"a run of the bench on data {card['data']}",
            "licence": f"that of the data it was trained on; {seen.licence}",
            "pictures": asdict(seen.preprocessing),
            "texts": _texts(config),
            "cut_offs": tuple(card.get("cut_offs", NO_CUT_OFFS)),
            "weights": WEIGHTS,
        }
    return spaces.declaration(place)


def _texts(config: Config) -> dict[str, Any]:
    if config.text == "minilm":
        return {"tokenizer": None}
    return {"vocabulary": VOCABULARY, "longest": config.words if config.text == "rnn" else None}
