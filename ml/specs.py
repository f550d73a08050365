"""What is declared of an encoder. Light: imports neither numpy nor torch."""

from dataclasses import dataclass, replace
from functools import cached_property
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
class Download:
    """Weights that the library which defines the network fetches, into `ml.exports.weights_path`.

    Where there is no network the file is put there by hand.
    """

    model: str  # as the library names weights: "VGG16_Weights.IMAGENET1K_V1"
    url: str  # where the library has them from; its last part is the file's name
    sha256: str  # hex
    source: str
    licence: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Added:
    """A file of a space that was added to this installation (`ml.spaces`)."""

    path: str  # below the folder of such spaces: "siglip2-1/tokenizer.json"
    sha256: str  # hex
    source: str
    licence: str


@dataclass(frozen=True)
class RandomProjection:
    """Fewer dimensions without anything learned: a seeded semi-orthogonal matrix.

    Cosines stay as they are, give or take 1 / sqrt(dim). For as long as nobody has learned a
    whitening (`manage.py whiten`).
    """

    seed: int


@dataclass(frozen=True)
class LearnedHere:
    """A whitening that was learned on a library's own pictures (`ml.exports.whitening_path`)."""

    digits: str  # the first eight of the file's sha256, which names the encoder too


@dataclass(frozen=True)
class Mac:
    """The maximum of every channel."""


@dataclass(frozen=True)
class Average:
    """The mean of every channel."""


@dataclass(frozen=True)
class Gem:
    """The generalised mean of every channel."""

    p: float


@dataclass(frozen=True)
class Rmac:
    """The maxima of a grid of squares, each of norm 1, summed."""

    levels: int


@dataclass(frozen=True)
class Cam:
    """Means weighted by where the likeliest classes are seen. For a network whose classifier is
    linear in the mean of its last map."""

    classes: int  # how many count


@dataclass(frozen=True)
class ClassToken:
    """A transformer's own summary; the patches are left out."""


@dataclass(frozen=True)
class Grid:
    """The generalised mean of every channel over each square of R-MAC's grid and over the whole:
    a vector for each of them (`ml.regional`)."""

    levels: int
    p: float


Pooling = Mac | Average | Gem | Rmac | Cam | ClassToken | Grid


@dataclass(frozen=True)
class Features:
    """What is taken of a network for pictures."""

    backbone: Literal["vgg16", "resnet", "dinov2_small", "efficientnet_lite0"]
    depth: str  # a layer, as the backbone's module in `ml.encoders` names them
    pooling: Pooling


@dataclass(frozen=True)
class ImagePreprocessing:
    """uint8 (H, W, 3) RGB of any size -> float32 (3, size, size).

    fit: keep the aspect and pad with the mean (letterbox), or cut off what is beyond the middle
    square (crop); or stretch (squash). Pixels are scaled to 0..1, then `(pixel - mean) / std` for
    each of R, G and B.
    """

    size: int  # side of the square, in pixels
    fit: Literal["letterbox", "crop", "squash"]
    resample: Literal["bicubic", "bilinear", "box"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Pictures:
    """The pictures themselves, uint8 (H, W, 3) RGB of any size: for what scales them itself."""


@dataclass(frozen=True)
class TextPreprocessing:
    """A sentence -> token ids, by the `tokenizers` library alone."""

    tokenizer: Resource | Added
    max_tokens: int  # special tokens included; what is beyond is cut off
    padded: bool = False  # always to max_tokens: for a network that looks at the last place


@dataclass(frozen=True)
class Words:
    """A whole text -> what a vocabulary knows of it (`ml.crossmodal.vocabulary`): weights of its
    words, or, where `longest` is given, their places, that many at most."""

    vocabulary: Added
    longest: int | None = None


Preprocessing = ImagePreprocessing | Pictures | TextPreprocessing | Words


@dataclass(frozen=True)
class EncoderSpec:
    """One version of one encoder. New weights or preprocessing are a new version.

    An encoder gives float32 (N, dim), L2-normalised, so that a dot product is the cosine.

    loader, a dotted path "package.module:function":
      with weights: `build(spec, cache_dir) -> torch.nn.Module`, whose forward takes the
        preprocessed batch (image: float32 (N, 3, size, size); text: what
        `ml.reading.reader` gives) and gives float32 (N, dim), not yet normalised; it is
        exported to ONNX. cache_dir is the folder of the exports, where downloads lie too;
      without (handcrafted): `describe(pixels: float32 (N, 3, size, size)) -> (N, dim)` in numpy;
        with `Pictures` it takes a sequence of N pictures as they are.
    """

    name: str
    version: int
    modality: Modality
    dim: int
    preprocessing: Preprocessing
    weights: Weights | Download | Added | None  # None: handcrafted
    loader: str
    description: str
    min_similarity: float  # cosine, -1..1: a hit below it is noise, by default
    whitening: Weights | RandomProjection | LearnedHere | None = None  # what ends the graph
    features: Features | None = None  # of a network for pictures
    metric: Literal["cosine"] = "cosine"
    space: str = ""  # encoders of texts and of pictures that have one in common may be compared

    def __post_init__(self) -> None:
        for_text = isinstance(self.preprocessing, TextPreprocessing | Words)
        if for_text != (self.modality == "text"):
            raise InvalidSpec(f"{self.key}: this preprocessing takes no {self.modality}")
        if self.weights is None and self.modality == "text":
            raise InvalidSpec(f"{self.key}: a handcrafted encoder takes images")
        if self.dim < 1 or self.version < 1 or not -1 <= self.min_similarity <= 1:
            raise InvalidSpec(f"{self.key}: dim, version or min_similarity out of range")
        if self.loader.count(":") != 1:
            raise InvalidSpec(f"{self.key}: loader is not 'package.module:function'")

    def __hash__(self) -> int:
        # Of all fields it would be read anew for each entry of a dict: thousands of times a search.
        return hash(self.key)

    @cached_property
    def key(self) -> str:
        """Names this version, and with it all vectors that may be compared: "colour-1".

        Of an encoder with a whitening learned here: the same as its name.
        """
        if isinstance(self.whitening, LearnedHere):
            return self.name
        return f"{self.name}-{self.version}"

    @property
    def of_regions(self) -> bool:
        """True where a picture has a vector for each of its regions (`ml.regional`)."""
        return self.features is not None and isinstance(self.features.pooling, Grid)

    @property
    def handcrafted(self) -> bool:
        """True where nothing is learned, so that nothing has to be exported."""
        return self.weights is None

    @property
    def vision_network(self) -> bool:
        return self.modality == "image" and not self.handcrafted

    @property
    def reads_whole(self) -> bool:
        """Whether a text is read as a whole, however long, since its words are counted; others read
        few tokens, and each sentence may say something else that is to be seen."""
        return isinstance(self.preprocessing, Words)

    @property
    def licence(self) -> str:
        """Licences of all that was learned, in words."""
        parts = (self.weights, self.whitening)
        learned = [item.licence for item in parts if isinstance(item, Weights | Download | Added)]
        return "; ".join(dict.fromkeys(learned)) or "none needed: handcrafted"

    @property
    def ingredients(self) -> dict[str, Any]:
        """JSON-able: all that an export is made of; an export of other ingredients is stale."""
        made_of: dict[str, Any] = {
            "key": self.key,
            "dim": self.dim,
            "loader": self.loader,
            "weights": self.weights and self.weights.sha256,
            "whitening": _identity(self.whitening),
            "input": _input(self.preprocessing),
        }
        if self.features:
            made_of["features"] = repr(self.features)
        return made_of

    def whitened_here(self, digits: str) -> "EncoderSpec":
        """This version with another whitening, under a name of its own: "vgg16-1w0a1b2c3d".

        Raises InvalidSpec where no whitening can be learned.
        """
        if self.features is None or isinstance(self.whitening, LearnedHere):
            raise InvalidSpec(f"{self.key}: no whitening can be learned for it")
        return replace(
            self,
            name=f"{self.key}w{digits}",
            whitening=LearnedHere(digits),
            description=f"{self.key} with a whitening learned on this library's pictures.",
            min_similarity=WHITENED_MIN_SIMILARITY,
        )


def _input(preprocessing: Preprocessing) -> int | str | None:
    """How large an input is, where the network sets it; or the words it knows."""
    match preprocessing:
        case ImagePreprocessing():
            return preprocessing.size
        case TextPreprocessing():
            return preprocessing.max_tokens
        case Words():
            return preprocessing.vocabulary.sha256
    return None


#: A cosine that one in five hundred pairs of strangers reaches once vectors are whitened (ADR 11).
WHITENED_MIN_SIMILARITY = 0.2


def _identity(whitening: Weights | RandomProjection | LearnedHere | None) -> str | None:
    """What tells one whitening from another."""
    match whitening:
        case Weights():
            return whitening.sha256
        case RandomProjection():
            return f"random {whitening.seed}"
        case LearnedHere():
            return whitening.digits
    return None
