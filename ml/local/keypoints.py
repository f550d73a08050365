"""Key points and their descriptors: RootSIFT, which finds the same detail in other light, size and
orientation, and ORB, which is quicker and finds less.

Lowe: Distinctive Image Features from Scale-Invariant Keypoints (2004). Arandjelovic and Zisserman:
Three things everyone should know to improve object retrieval (2012). Rublee et al.: ORB (2011).
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Kind = Literal["rootsift", "orb"]

#: Pixels of the long side that points are looked for in; smaller pictures are enlarged, at most so
#: many times: what is a point in one reproduction should be one in a larger one.
LONG_SIDE = 512
LARGEST_ENLARGEMENT = 2.5
#: Points of a picture that are kept: the strongest.
COUNT = 2000
#: A quarter of SIFT's usual 0.04: paintings have soft edges, and only the strongest are kept.
CONTRAST = 0.01
#: RootSIFT's values are roots of shares: few are above a half, where the byte is full.
ROOTSIFT_SCALE = 512


@dataclass(frozen=True)
class LocalFeatures:
    """What was found in one picture, strongest first.

    points: float32 (K, 2), x and y of each point, in units of the picture's long side.
    sizes: float32 (K,), diameters in the same unit. angles: float32 (K,), degrees, 0..360.
    descriptors: uint8 (K, 128), RootSIFT times 512; int8 (K, 64), the same made smaller
    (`ml.local.compact`); or uint8 (K, 32), the bits of ORB.
    width, height: of the picture, in the same unit: the larger one is 1.
    """

    points: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.uint8] | NDArray[np.int8]
    width: float
    height: float

    def __len__(self) -> int:
        return len(self.points)

    def strongest(self, count: int) -> LocalFeatures:
        """Up to ``count`` points, the first."""
        return self if len(self) <= count else self.only(slice(count))

    def only(self, chosen: NDArray[np.bool_] | slice) -> LocalFeatures:
        """Those points for which ``chosen``, bool (K,), is true; or that slice of them."""
        return replace(
            self,
            points=self.points[chosen],
            sizes=self.sizes[chosen],
            angles=self.angles[chosen],
            descriptors=self.descriptors[chosen],
        )


def detect(
    image: NDArray[np.uint8],
    kind: Kind = "rootsift",
    *,
    count: int = COUNT,
    long_side: int = LONG_SIDE,
) -> LocalFeatures:
    """The ``count`` strongest points of a picture, uint8 (H, W, 3) RGB, looked for at
    ``long_side`` pixels. A picture without any contrast has none."""
    grey = _resized(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8), long_side)
    detector = (
        cv2.SIFT.create(nfeatures=count, contrastThreshold=CONTRAST)
        if kind == "rootsift"
        else cv2.ORB.create(nfeatures=count)
    )
    found, described = detector.detectAndCompute(grey, None)
    if described is None or not len(found):
        found, described = (), np.zeros((0, 128 if kind == "rootsift" else 32))
    raw: NDArray[np.float32] = np.asarray(described, np.float32)
    height, width = grey.shape
    unit = max(width, height)
    order = np.argsort([-point.response for point in found], kind="stable")[:count]
    # OpenCV counts from the centre of the first pixel; its SIFT, which doubles the picture first,
    # is a quarter of a pixel beyond that.
    corner = 0.25 if kind == "rootsift" else 0.5
    points = np.array([found[i].pt for i in order], np.float32).reshape(-1, 2) + corner
    return LocalFeatures(
        points=points / unit,
        sizes=np.array([found[i].size for i in order], np.float32) / unit,
        angles=np.array([found[i].angle for i in order], np.float32),
        descriptors=root(raw[order]) if kind == "rootsift" else raw[order].astype(np.uint8),
        width=width / unit,
        height=height / unit,
    )


#: Of the last pictures, so that what is made of one twice is looked for once.
_seen: OrderedDict[int, tuple[weakref.ref[NDArray[np.uint8]], Future[LocalFeatures]]] = (
    OrderedDict()
)
_SEEN = 64
_seeing = threading.Lock()


def detect_once(image: NDArray[np.uint8]) -> LocalFeatures:
    """`detect`, as it is by default, of an array that does not change; remembered for a while."""
    with _seeing:
        known = _seen.get(id(image))
        if known is not None and known[0]() is image:
            found, mine = known[1], False
        else:
            found, mine = Future(), True
            _seen[id(image)] = (weakref.ref(image), found)
            while len(_seen) > _SEEN:
                _seen.popitem(last=False)
    if mine:
        try:
            found.set_result(detect(image))
        except BaseException as error:  # whoever waits for it must not wait for ever
            found.set_exception(error)
            raise
    return found.result()


def _resized(grey: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    height, width = grey.shape
    scale = min(long_side / max(height, width), LARGEST_ENLARGEMENT)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return grey
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def root(sift: NDArray[np.float32]) -> NDArray[np.uint8]:
    """SIFT, (K, 128), as RootSIFT in bytes: the roots of its shares, times 512."""
    shares = sift / np.maximum(sift.sum(axis=1, keepdims=True), 1e-6)
    return np.clip(np.rint(np.sqrt(shares) * ROOTSIFT_SCALE), 0, 255).astype(np.uint8)


#: Where each value of a descriptor is found in that of the mirrored picture: 4 rows of 4 cells of
#: 8 directions, laid along the direction of the point. Mirrored, what was on the left of that
#: direction is on its right: rows change places and directions turn over.
_MIRROR = np.arange(128).reshape(4, 4, 8)[::-1][:, :, (-np.arange(8)) % 8].reshape(-1)


def mirrored(features: LocalFeatures) -> LocalFeatures:
    """The features that the picture would have, mirrored from left to right; of RootSIFT that has
    not been made smaller."""
    points = features.points.copy()
    points[:, 0] = features.width - points[:, 0]
    return replace(
        features,
        points=points,
        angles=(180 - features.angles) % 360,
        descriptors=features.descriptors[:, _MIRROR],
    )
