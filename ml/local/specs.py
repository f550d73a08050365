"""The encoder over local features, as it is declared. Light: imports no numpy."""

from ml.specs import EncoderSpec, Pictures, Weights

OBJECTS_CODEBOOK = Weights(
    package="ml.local",
    path="objects_codebook_1.safetensors",
    sha256="8fba4fa40462a25f2d36d80c09548cd14a1faad4f8d3e93163b4c53f37808c35",
    source="2,500 paintings dated 1910 or earlier; see the model card beside it",
    licence="the project's own",
)

SPECS = (
    EncoderSpec(
        name="objects",
        version=1,
        modality="image",
        dim=256,
        preprocessing=Pictures(),
        weights=None,
        whitening=OBJECTS_CODEBOOK,
        loader="ml.local.vlad:describe",
        description="The same kinds of details, wherever and however turned they are: VLAD of "
        "RootSIFT, PCA whitening.",
        min_similarity=0.2,
    ),
)
