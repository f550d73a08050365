"""Palette: how much of the picture has each of 24 named colours.

A colour between two named ones counts for both, by its nearness in CIELAB, in which distances
are roughly those that people see. As the colours have names, a query can be made of them
(`palette_vector`), and a picture's colours can be told (`describe_names`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.errors import BadInput
from ml.handcrafted.colour import to_lab

RGB = tuple[int, int, int]  # sRGB, 0..255 each

SWATCHES: dict[str, RGB] = {
    "white": (244, 242, 236),
    "light grey": (196, 194, 188),
    "grey": (139, 138, 134),
    "dark grey": (82, 81, 79),
    "black": (24, 22, 21),
    "cream": (234, 220, 184),
    "flesh": (217, 172, 140),
    "lemon yellow": (238, 216, 70),
    "yellow ochre": (196, 152, 66),
    "orange": (224, 122, 44),
    "vermilion": (208, 62, 40),
    "crimson": (150, 28, 46),
    "rose": (216, 128, 140),
    "burnt sienna": (148, 76, 42),
    "raw umber": (116, 90, 60),
    "dark brown": (64, 42, 28),
    "olive green": (112, 110, 50),
    "leaf green": (82, 132, 52),
    "dark green": (36, 66, 46),
    "turquoise": (72, 160, 152),
    "sky blue": (152, 190, 216),
    "cobalt blue": (44, 88, 178),
    "Prussian blue": (28, 50, 78),
    "violet": (112, 66, 132),
}

# CIELAB units: a colour this far from a swatch, and much farther from all others, is still its.
_SOFTNESS = 8.0
_NAMED = to_lab(np.array(list(SWATCHES.values()), np.float32) * np.float32(1 / 255))  # (24, 3)


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 24): the roots of `shares`.

    Rows have norm 1; the dot product of two is the Bhattacharyya coefficient of their shares.
    """
    return np.sqrt(shares(pixels)).astype(np.float32)


def shares(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """float32 (N, 3, H, W) sRGB in 0..1 -> (N, 24): shares that sum to 1, as in SWATCHES."""
    rgb = pixels.reshape(len(pixels), 3, -1).transpose(0, 2, 1)  # (N, H * W, 3)
    return _nearness(to_lab(rgb)).mean(axis=1, dtype=np.float64)


def palette_vector(colours: Sequence[tuple[str | RGB, float]]) -> NDArray[np.float32]:
    """Colours and how much there shall be of each -> float32 (24,), norm 1: a query.

    A colour is "#rrggbb" or (r, g, b) of 0..255, of any hue: it need not be one of SWATCHES. Shares
    are relative to each other. Raises BadInput for what is no colour, for a share below 0
    and where no share is above 0.
    """
    rgb = np.array([_rgb(colour) for colour, _ in colours], np.float32).reshape(-1, 3)
    amounts = np.array([share for _, share in colours], np.float64)
    if not np.isfinite(amounts).all() or (amounts < 0).any() or amounts.sum() <= 0:
        raise BadInput("shares must be 0 or more, and one of them more")
    mixed = amounts / amounts.sum() @ _nearness(to_lab(rgb * np.float32(1 / 255)))
    return np.sqrt(mixed).astype(np.float32)


def names() -> list[str]:
    """The names of the colours, in the order of a vector's components."""
    return list(SWATCHES)


def describe_names(vector: NDArray[np.floating]) -> list[tuple[str, RGB, float]]:
    """(24,) as `describe` gives it, also when stored and scaled -> (name, rgb, share) of all 24
    colours, the largest share first. The shares sum to 1."""
    squares = np.asarray(vector, np.float64) ** 2
    parts = squares / squares.sum()
    return [
        (names()[i], SWATCHES[names()[i]], float(parts[i]))
        for i in np.argsort(-parts, kind="stable")
    ]


def _nearness(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 3) CIELAB -> (..., 24): how much each named colour has of a colour; sums to 1."""
    # |x - n|^2 without |x|^2, which is the same for all names and so does not count.
    squared = (_NAMED**2).sum(axis=1) - 2 * lab @ _NAMED.T
    squared -= squared.min(axis=-1, keepdims=True)
    nearness = np.exp(squared / np.float32(-2 * _SOFTNESS**2))
    return nearness / nearness.sum(axis=-1, keepdims=True)


def _rgb(colour: str | RGB) -> RGB:
    """Raises BadInput, naming the colour."""
    try:
        if isinstance(colour, str):
            digits = colour.removeprefix("#")
            if len(digits) != 6:
                raise ValueError
            red, green, blue = bytes.fromhex(digits)
        else:
            red, green, blue = colour
    except (ValueError, TypeError):
        raise BadInput(f"{colour!r} is no colour: #rrggbb or three numbers") from None
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise BadInput(f"{colour!r} is no colour: its parts must be 0..255")
    return red, green, blue
