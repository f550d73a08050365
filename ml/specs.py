"""What is declared of an encoder. Light: imports neither numpy nor torch."""

from dataclasses import dataclass
from typing import Any, Literal

from ml.errors import InvalidSpec

Modality = Literal["image", "text"]


@dataclass(frozen=True)
class Resource:
    """A file inside an installed Python package, known by its content."""

    package: str  # importable name; the package itself is located, never imported
    path: str  # inside the package, with /
    sha256: str  # hex


@dataclass(frozen=True)
class Weights(Resource):
    """A resource that was learned: where it comes from and what one may do with it."""

    source: str
    licence: str


@dataclass(frozen=True)
class ImagePreprocessing:
    """uint8 (H, W, 3) RGB of any size -> float32 (3, size, size).

    Pixels are scaled to 0..1, then `(pixel - mean) / std` for each of R, G and B.
    """

    size: int  # side of the square, in pixels
    fit: Literal["letterbox", "squash"]  # keep the aspect and pad with the mean, or stretch
    resample: Literal["bicubic", "box"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class TextPreprocessing:
    """A sentence -> token ids, by the `tokenizers` library alone."""

    tokenizer: Resource
    max_tokens: int  # special tokens included; what is beyond is cut off


@dataclass(frozen=True)
class EncoderSpec:
    """One version of one encoder. New weights or preprocessing are a new version.

    An encoder gives float32 (N, dim), L2-normalised, so that a dot product is the cosine.

    loader, a dotted path "package.module:function":
      with weights: `build(spec) -> torch.nn.Module`, whose forward takes the preprocessed batch
        (image: float32 (N, 3, size, size); text: int64 (N, T) input_ids, attention_mask and
        token_type_ids) and gives float32 (N, dim), not yet normalised; it is exported to ONNX;
      without (handcrafted): `describe(pixels: float32 (N, 3, size, size)) -> (N, dim)` in numpy.
    """

    name: str
    version: int
    modality: Modality
    dim: int
    preprocessing: ImagePreprocessing | TextPreprocessing
    weights: Weights | None  # None: handcrafted
    loader: str
    description: str
    min_similarity: float  # cosine, -1..1: a hit below it is noise, by default
    whitening: Weights | None = None  # the projection that ends the graph, if there is one
    metric: Literal["cosine"] = "cosine"

    def __post_init__(self) -> None:
        taken = ImagePreprocessing if self.modality == "image" else TextPreprocessing
        if not isinstance(self.preprocessing, taken):
            raise InvalidSpec(f"{self.key}: {self.modality} needs a {taken.__name__}")
        if self.weights is None and self.modality == "text":
            raise InvalidSpec(f"{self.key}: a handcrafted encoder takes images")
        if self.dim < 1 or self.version < 1 or not -1 <= self.min_similarity <= 1:
            raise InvalidSpec(f"{self.key}: dim, version or min_similarity out of range")
        if self.loader.count(":") != 1:
            raise InvalidSpec(f"{self.key}: loader is not 'package.module:function'")

    @property
    def key(self) -> str:
        """Names this version, and with it all vectors that may be compared: "colour-1"."""
        return f"{self.name}-{self.version}"

    @property
    def handcrafted(self) -> bool:
        """True where nothing is learned, so that nothing has to be exported."""
        return self.weights is None

    @property
    def licence(self) -> str:
        """Licences of all that was learned, in words."""
        learned = [item.licence for item in (self.weights, self.whitening) if item]
        return "; ".join(dict.fromkeys(learned)) or "none needed: handcrafted"

    @property
    def ingredients(self) -> dict[str, Any]:
        """JSON-able: all that an export is made of; an export of other ingredients is stale."""
        return {
            "key": self.key,
            "dim": self.dim,
            "loader": self.loader,
            "weights": self.weights and self.weights.sha256,
            "whitening": self.whitening and self.whitening.sha256,
            "input": self.preprocessing.size
            if isinstance(self.preprocessing, ImagePreprocessing)
            else self.preprocessing.max_tokens,
        }
