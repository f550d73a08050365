"""The handcrafted descriptors there are, as they are declared. Light: imports no numpy."""

from typing import Literal

from ml.specs import EncoderSpec, ImagePreprocessing


def _pixels(size: int, resample: Literal["bicubic", "box"]) -> ImagePreprocessing:
    """The picture stretched to a square, its pixels left in 0..1."""
    return ImagePreprocessing(
        size=size, fit="squash", resample=resample, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
    )


COLOUR = EncoderSpec(
    name="colour",
    version=1,
    modality="image",
    dim=320,
    preprocessing=_pixels(64, "box"),
    weights=None,
    loader="ml.handcrafted.colour:describe",
    description="Like colours in like places: CIELAB histograms of the whole picture and of "
    "its four quarters.",
    min_similarity=0.9,
)

COLOUR_LAYOUT = EncoderSpec(
    name="colour-layout",
    version=1,
    modality="image",
    dim=36,
    preprocessing=_pixels(64, "box"),
    weights=None,
    loader="ml.handcrafted.colour_layout:describe",
    description="The same rough arrangement of colours: MPEG-7 colour layout, the cosine "
    "transform of 8 x 8 mean colours.",
    min_similarity=0.96,
)

COLOUR_STRUCTURE = EncoderSpec(
    name="colour-structure",
    version=1,
    modality="image",
    dim=256,
    preprocessing=_pixels(256, "box"),
    weights=None,
    loader="ml.handcrafted.colour_structure:describe",
    description="Like colours, alike strewn or in patches: MPEG-7 colour structure.",
    min_similarity=0.93,
)

EDGE_HISTOGRAM = EncoderSpec(
    name="edge-histogram",
    version=1,
    modality="image",
    dim=300,
    preprocessing=_pixels(240, "bicubic"),
    weights=None,
    loader="ml.handcrafted.edge_histogram:describe",
    description="Edges of like direction in like places: MPEG-7 edge histogram.",
    min_similarity=0.87,
)

HOG = EncoderSpec(
    name="hog",
    version=1,
    modality="image",
    dim=512,
    preprocessing=_pixels(80, "bicubic"),
    weights=None,
    loader="ml.handcrafted.hog:describe",
    description="Like shapes in like places: histograms of oriented gradients.",
    min_similarity=0.76,
)

LBP = EncoderSpec(
    name="lbp",
    version=1,
    modality="image",
    dim=300,
    preprocessing=_pixels(224, "bicubic"),
    weights=None,
    loader="ml.handcrafted.lbp:describe",
    description="Like brushwork and grain: local binary patterns at three scales.",
    min_similarity=0.94,
)

PALETTE = EncoderSpec(
    name="palette",
    version=1,
    modality="image",
    dim=24,
    preprocessing=_pixels(64, "box"),
    weights=None,
    loader="ml.handcrafted.palette:describe",
    description="Like amounts of 24 named colours, wherever they are.",
    min_similarity=0.95,
)

TEXTURE = EncoderSpec(
    name="texture",
    version=1,
    modality="image",
    dim=248,
    preprocessing=_pixels(256, "bicubic"),
    weights=None,
    loader="ml.handcrafted.texture:describe",
    description="Like texture of the whole: MPEG-7 homogeneous texture, the energy of 30 "
    "frequency channels.",
    min_similarity=0.94,
)

# A query made of chosen colours is poorer than a picture and lies farther from all of them, so
# other cut-offs suit it. Of 4 x 4 sketches of paintings, 99 in 100 lie within this of theirs.
SKETCH_MIN_SIMILARITY = 0.9
# For one chosen colour the cosine is the root of its share: a twenty-fifth of the picture.
CHOSEN_COLOURS_MIN_SIMILARITY = 0.2

SPECS = (
    COLOUR,
    COLOUR_LAYOUT,
    COLOUR_STRUCTURE,
    EDGE_HISTOGRAM,
    HOG,
    LBP,
    PALETTE,
    TEXTURE,
)
