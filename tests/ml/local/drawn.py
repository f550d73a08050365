"""Pictures drawn by numpy and OpenCV, and features made by hand."""

import cv2
import numpy as np

from ml.local.keypoints import LocalFeatures


def painting(seed, width=400, height=300):
    """uint8 (height, width, 3): areas of all sizes, in which many points are found."""
    chance = np.random.default_rng(seed)
    made = np.full((height, width, 3), 128, np.uint8)
    for radius in np.geomspace(60, 3, 260):
        place = [int(chance.integers(0, side)) for side in (width, height)]
        colour = [int(value) for value in chance.integers(0, 256, 3)]
        axes = [max(2, int(radius * chance.uniform(0.4, 1))) for _ in range(2)]
        turn = float(chance.uniform(0, 180))
        if chance.random() < 0.5:
            cv2.ellipse(made, place, axes, turn, 0, 360, colour, -1)
        else:
            corners = cv2.boxPoints((place, (2 * axes[0], 2 * axes[1]), turn))
            cv2.fillPoly(made, [corners.astype(np.int32)], colour)
    return cv2.GaussianBlur(made, (0, 0), 0.8)


def flat(width=60, height=40, level=128):
    return np.full((height, width, 3), level, np.uint8)


def features(descriptors, points=None, sizes=None, angles=None, width=1.0, height=1.0):
    """Points wherever it does not matter, with these descriptors."""
    descriptors = np.asarray(descriptors)
    count = len(descriptors)
    spread = np.random.default_rng(0).random((count, 2))
    return LocalFeatures(
        points=np.asarray(spread if points is None else points, np.float32).reshape(-1, 2),
        sizes=np.full(count, 0.02, np.float32) if sizes is None else np.float32(sizes),
        angles=np.zeros(count, np.float32) if angles is None else np.float32(angles),
        descriptors=descriptors,
        width=width,
        height=height,
    )


def one_hot(*places, dim=128, dtype=np.uint8):
    """A descriptor for each place: 100 there, 0 elsewhere."""
    made = np.zeros((len(places), dim), dtype)
    made[range(len(places)), list(places)] = 100
    return made
