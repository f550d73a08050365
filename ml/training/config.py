"""What a run is: which text goes with which picture, how they are brought together, and the
figures of the published recipe (Garcia and Vogiatzis 2018, section 5 and 6)."""

from __future__ import annotations

import json
import math
import re
import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ml import registry
from ml.errors import BadData, UnknownEncoder

Text = Literal["bow", "mlp", "rnn", "minilm"]
Transformation = Literal["cca", "cml", "amd", "mtl", "kgm", "infonce"]
Attribute = Literal["type", "school", "timeframe", "author"]

#: What learns an attribute beside the pairs.
WITH_ATTRIBUTE: tuple[Transformation, ...] = ("amd", "mtl", "kgm")


@dataclass(frozen=True)
class Config:
    """A run. Raises BadData where its values contradict each other, or are out of range."""

    name: str  # of the folder, too
    text: Text
    visual: str  # name or key of an image encoder
    transformation: Transformation
    attribute: Attribute | None = None  # for amd, mtl and kgm
    with_title: bool = True
    dim: int = 128
    margin: float = 0.1  # cosine below which a pair that does not match is left in peace
    positives: float = 0.2  # share of matching pairs
    weight: float = 0.01  # of each auxiliary loss
    temperature: float = 0.07  # of infonce, at the start
    regularisation: float = 0.01  # of cca, as a share of the mean variance
    learning_rate: float = 1e-4
    batch: int = 28
    epochs: int = 120
    patience: int = 20  # epochs without a better validation
    vocabulary: int = 10_000  # words of comments, the most frequent ones
    title_vocabulary: int | None = None  # words of titles; None: all
    min_count: int = 10  # a word of comments occurs more often than this
    words: int = 200  # longest text that the rnn reads
    embedding: int = 128  # of a word, for the rnn
    hidden: int = 512  # width of the layers of mlp and rnn
    layers: int = 1  # hidden ones, of the mlp
    seed: int = 123

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise BadData(f"name = {self.name!r}: allowed are lower-case words joined by '-'")
        try:
            takes = registry.resolve(self.visual).modality
        except UnknownEncoder:
            takes = "text"
        if takes != "image":
            known = ", ".join(registry.names("image"))
            raise BadData(f"visual = {self.visual!r}: allowed are {known}")
        needed = self.transformation in WITH_ATTRIBUTE
        if needed and self.attribute is None:
            allowed = ", ".join(get_args(Attribute))
            raise BadData(f"attribute is missing: {self.transformation} needs one of {allowed}")
        if not needed and self.attribute is not None:
            raise BadData(
                f"attribute = {self.attribute!r}: only {', '.join(WITH_ATTRIBUTE)} have one; "
                "leave it out"
            )
        for key, (low, high) in _ALLOWED.items():
            value = getattr(self, key)
            if value is not None and not low <= value <= high:
                span = f"from {low:g} to {high:g}" if high < math.inf else f"{low:g} or more"
                raise BadData(f"{key} = {value}: allowed is {span}")

    def json(self) -> dict[str, Any]:
        """All values by their names, of JSON's types."""
        return asdict(self)


_ALLOWED: dict[str, tuple[float, float]] = {
    "margin": (-1, 1),
    "positives": (0.01, 0.99),
    "weight": (0, 0.5),
    "temperature": (0.01, 10),
    "regularisation": (0, math.inf),
    "learning_rate": (1e-9, 10),
    "min_count": (0, math.inf),
    "seed": (0, 2**63 - 1),
    **dict.fromkeys(
        (
            "dim",
            "batch",
            "epochs",
            "patience",
            "vocabulary",
            "title_vocabulary",
            "words",
            "embedding",
            "hidden",
            "layers",
        ),
        (1, math.inf),
    ),
}


def read(path: Path) -> Config:
    """The run that a TOML file describes. Raises BadData."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # of TOML or of UTF-8
        raise BadData(f"{path} is no TOML: {error}") from error
    try:
        return made(values)
    except BadData as error:
        raise BadData(f"{path}: {error}") from error


def made(values: dict[str, Any]) -> Config:
    """A run of values by their names. Raises BadData."""
    hints = get_type_hints(Config)
    for key, value in values.items():
        if key not in hints:
            raise BadData(f"{key} is no key: allowed are {', '.join(hints)}")
        if not _fits(value, hints[key]):
            raise BadData(f"{key} = {value!r}: allowed is {_told(hints[key])}")
    for field in fields(Config):
        if field.default is MISSING and field.name not in values:
            raise BadData(f"{field.name} is missing: allowed is {_told(hints[field.name])}")
    numbers = {key: float(value) for key, value in values.items() if hints[key] is float}
    return Config(**{**values, **numbers})


def write(config: Config, path: Path) -> None:
    """A TOML file that `read` reads as the same run."""
    given = {key: value for key, value in config.json().items() if value is not None}
    # Strings and numbers are written alike in JSON and in TOML.
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in given.items()]
    path.write_text("".join(lines), encoding="utf-8")


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """In words, what differs between two runs, each as `Config.json` gives it."""
    keys = dict.fromkeys([*one, *other])
    return [
        f"{key} is {one.get(key)!r} there and {other.get(key)!r} here"
        for key in keys
        if one.get(key) != other.get(key)
    ]


def _options(hint: Any) -> list[Any]:
    """The parts of a union; or the hint alone."""
    if get_origin(hint) is Literal or not get_args(hint):
        return [hint]
    return [part for part in get_args(hint) if part is not NoneType]


def _fits(value: Any, hint: Any) -> bool:
    for part in _options(hint):
        if get_origin(part) is Literal:
            if isinstance(value, str) and value in get_args(part):
                return True
        elif part is float:
            if type(value) in (int, float) and math.isfinite(value):
                return True
        elif type(value) is part:  # exactly: True is no number
            return True
    return False


_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _told(hint: Any) -> str:
    (part,) = _options(hint)
    if get_origin(part) is Literal:
        return "one of " + ", ".join(get_args(part))
    return _NAMES[part]
