"""RootSIFT made smaller: half the directions of its space hold 95 % of what differs between
points of paintings. What is stored, and compared, is this."""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import BadInput
from ml.local.keypoints import ROOTSIFT_SCALE, LocalFeatures
from ml.resources import verified
from ml.specs import Weights
from ml.whitening import Whitening, read

#: Names the kind of points, their descriptors and this projection: what may be compared.
KEY = "rootsift-1"
DIM = 64
#: A coordinate of a descriptor of length 1 is rarely beyond a half.
SCALE = 256
PROJECTION = Weights(
    package="ml.local",
    path="rootsift_projection_1.safetensors",
    sha256="80e8e5a29e72bb72d71c25ee08c873c9385aabdc8f525251887415c9be4bed8e",
    source="PCA of the key points of 2,500 paintings dated 1910 or earlier; see the model card",
    licence="the project's own",
)
#: width and height, then for each point x, y, size (all 1/32768 of the long side) and angle
#: (1/256 of a turn), then the descriptors.
_HEAD = struct.Struct("<ffH")
_UNIT = 32768.0


@cache
def _projection() -> Whitening:
    return read(Path(verified(PROJECTION)))


def compact(features: LocalFeatures) -> LocalFeatures:
    """RootSIFT features with int8 (K, 64) descriptors."""
    projection = _projection()
    values = features.descriptors.astype(np.float32) / ROOTSIFT_SCALE
    small = (values - projection.mean) @ projection.projection
    return replace(features, descriptors=np.clip(np.rint(small * SCALE), -127, 127).astype(np.int8))


def pack(features: LocalFeatures) -> bytes:
    """Compact features in 71 bytes a point."""
    assert features.descriptors.shape[1] == DIM
    places = np.column_stack([features.points, features.sizes])
    head = _HEAD.pack(features.width, features.height, len(features))
    units = np.clip(np.rint(places * _UNIT), 0, 65535).astype("<u2")
    turns = np.rint(features.angles / 360 * 256).astype(np.int64) % 256
    return b"".join(
        (head, units.tobytes(), turns.astype(np.uint8).tobytes(), features.descriptors.tobytes())
    )


def unpack(data: bytes) -> LocalFeatures:
    """What `pack` packed. Raises BadInput where it is not that."""
    try:
        width, height, count = _HEAD.unpack_from(data)
        blocks = np.frombuffer(data, np.uint8, offset=_HEAD.size)
        units, turns, descriptors = np.split(blocks, [count * 6, count * 7])
        places: NDArray[np.float32] = (units.view("<u2") / _UNIT).astype(np.float32).reshape(-1, 3)
        return LocalFeatures(
            points=places[:, :2],
            sizes=places[:, 2],
            angles=turns.astype(np.float32) * (360 / 256),
            descriptors=descriptors.view(np.int8).reshape(count, DIM),
            width=width,
            height=height,
        )
    except (struct.error, ValueError) as error:
        raise BadInput(f"these {len(data)} bytes are no local features: {error}") from error
