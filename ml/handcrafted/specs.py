"""The handcrafted descriptors there are, as they are declared. Light: imports no numpy."""

from ml.specs import EncoderSpec, ImagePreprocessing

SPECS = (
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
    ),
)
