"""Ways of being alike, under names: which features each goes by.

What they are called is a matter of the pages and of the viewer, in their own languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iiifsearch.conf import options


@dataclass(frozen=True)
class Preset:
    """``features``: {name of a live image encoder: weight}; empty for what this installation goes
    by. ``verify``: the hits are checked by local features. ``detail``: a part is looked for as a
    part, in parts of other pictures."""

    name: str
    features: Mapping[str, float]
    verify: bool = False
    detail: bool = False


_BY_FEATURES = (
    ("palette", ("colour", "colour-structure", "palette")),
    ("composition", ("colour-layout", "edge-histogram", "hog")),
    ("texture", ("texture", "lbp")),
    ("scene", ("art-joint", "dinov2-small", "resnet50")),
    ("things", ("objects",)),
)


def presets() -> list[Preset]:
    """Those for which this installation has what they need."""
    live = options.image_encoders
    found = [Preset("overall", {})]
    if options.local_features:
        found.append(Preset("same-work", {}, verify=True))
        if options.region_encoder:
            found.append(Preset("same-detail", {}, detail=True))
    for name, features in _BY_FEATURES:
        weights = {feature: 1.0 for feature in features if feature in live}
        if weights:
            found.append(Preset(name, weights))
    return found
