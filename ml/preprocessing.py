"""Pictures to batches. Every parameter comes from the encoder's spec; no file is decoded here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.specs import ImagePreprocessing

_RESAMPLE = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
}


def to_batch(
    images: Sequence[NDArray[np.uint8]], preprocessing: ImagePreprocessing
) -> NDArray[np.float32]:
    """N x uint8 (H, W, 3) RGB of any sizes -> float32 (N, 3, size, size)."""
    size = preprocessing.size
    # (pixel / 255 - mean) / std as one product and one sum
    std = np.array(preprocessing.std, np.float32).reshape(3, 1, 1)
    gain = 1 / (255 * std)
    offset = -np.array(preprocessing.mean, np.float32).reshape(3, 1, 1) / std
    # Zero is the mean colour: that is what surrounds a letterboxed picture.
    batch = np.zeros((len(images), 3, size, size), np.float32)
    for row, image in zip(batch, images, strict=True):
        width, height = fitted(image.shape[1], image.shape[0], preprocessing)
        resized = Image.fromarray(image).resize((width, height), _RESAMPLE[preprocessing.resample])
        if preprocessing.fit == "crop":
            # As torchvision's CenterCrop has it, where half a pixel is over.
            left, top = round((width - size) / 2), round((height - size) / 2)
            resized, width, height = resized.crop((left, top, left + size, top + size)), size, size
        top, left = (size - height) // 2, (size - width) // 2
        target = row[:, top : top + height, left : left + width]
        np.multiply(np.asarray(resized).transpose(2, 0, 1), gain, out=target)
        target += offset
    return batch


def fitted(width: int, height: int, preprocessing: ImagePreprocessing) -> tuple[int, int]:
    """Width and height, in pixels, that a picture takes inside the square, at least 1; or that it
    has before the square is cut out of it."""
    size = preprocessing.size
    if preprocessing.fit == "squash":
        return size, size
    if preprocessing.fit == "crop":
        # As torchvision's Resize has it: the other side is cut down to whole pixels.
        short = min(width, height)
        return size * width // short, size * height // short
    scale = size / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
