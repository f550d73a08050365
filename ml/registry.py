"""The encoders there are, by name and by key: specs and dotted paths only. Importing it loads no
model and no numpy. They are declared in `ml.encoders.specs`,
`ml.handcrafted.specs` and `ml.local.specs`."""

import re

from ml.encoders import specs as learned
from ml.errors import DuplicateEncoder, InvalidSpec, UnknownEncoder
from ml.handcrafted import specs as handcrafted
from ml.local import specs as local
from ml.specs import EncoderSpec, Modality

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


def forget(space: str) -> None:
    """Encoders of that space are known no more."""
    for key in [key for key, spec in _specs.items() if spec.space == space]:
        del _specs[key]


def get(name: str) -> EncoderSpec:
    """The latest version of the encoder of that name. Raises UnknownEncoder.

    Also an encoder with a whitening that was learned here, whose name says all: "vgg16-1w0a1b2c3d".
    """
    versions = [spec for spec in _specs.values() if spec.name == name]
    if not versions and (here := _whitened_here(name)):
        return here
    if not versions:
        raise UnknownEncoder(f"no encoder is named {name!r}; known are {', '.join(names())}")
    return max(versions, key=lambda spec: spec.version)


def get_by_key(key: str) -> EncoderSpec:
    """Exactly that version: "colour-1". Raises UnknownEncoder."""
    spec = _specs.get(key) or _whitened_here(key)
    if spec is None:
        known = ", ".join(sorted(_specs))
        raise UnknownEncoder(f"no encoder has the key {key!r}; known are {known}")
    return spec


def resolve(name_or_key: str) -> EncoderSpec:
    """By key where it is one (an older version, say), else the latest version of that name."""
    return _specs.get(name_or_key) or get(name_or_key)


def names(modality: Modality | None = None) -> list[str]:
    """Names of all encoders, or of those that take images or text; sorted."""
    return sorted(
        {spec.name for spec in _specs.values() if modality is None or spec.modality == modality}
    )


def partner(spec: EncoderSpec) -> EncoderSpec | None:
    """The encoder of the other modality whose vectors may be compared with those of ``spec``: the
    latest of its space, or None where it shares its space with no other."""
    others = [
        one
        for one in _specs.values()
        if spec.space and one.space == spec.space and one.modality != spec.modality
    ]
    return max(others, key=lambda one: one.version, default=None)


def specs() -> list[EncoderSpec]:
    """All versions of all encoders, by key."""
    return [_specs[key] for key in sorted(_specs)]


def _whitened_here(key: str) -> EncoderSpec | None:
    """That version of an encoder with that whitening. Whether its file is there is not looked at:
    an export that lacks it is refused."""
    found = re.fullmatch(r"(.+-[0-9]+)w([0-9a-f]{8})", key)
    spec = _specs.get(found[1]) if found else None
    return spec.whitened_here(found[2]) if found and spec and spec.features else None


for _spec in (*learned.SPECS, *handcrafted.SPECS, *local.SPECS):
    register(_spec)
