"""Spaces that were added to an installation: a model that was trained here
(`ml.training.publish`), or one of open_clip (`ml.encoders.add_open_clip`).

Each is a folder `<folder of the exports>/spaces/<key>` with the files it is made of, and
`space.json`, written last, which declares an encoder of pictures, called as the space, and one of
texts, "<name>-text". Light: what is declared is read, and nothing is loaded.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml import registry
from ml.errors import BadData, InvalidSpec, MissingResource, MLError
from ml.resources import checked, sha256
from ml.specs import Added, EncoderSpec, ImagePreprocessing, TextPreprocessing, Words

FOLDER, DECLARATION = "spaces", "space.json"
#: What may make a network of such a folder, which somebody may have brought from elsewhere.
LOADERS = ("ml.encoders.trained:build", "ml.encoders.open_clip:build")


@dataclass(frozen=True)
class Declaration:
    """What `space.json` says. loader: of both encoders. texts: how they are read, with the names
    of files: {"tokenizer", "max_tokens", "padded"} or {"vocabulary", "longest"}; a tokenizer of
    None is MiniLM's. cut_offs: cosines, of pictures with pictures, and of texts with pictures.
    files: their sha256 by name. weights: the name of the file that was learned."""

    name: str
    version: int
    loader: str
    dim: int
    description: str
    source: str
    licence: str
    pictures: dict[str, Any]
    texts: dict[str, Any]
    cut_offs: tuple[float, float]
    weights: str
    files: dict[str, str]

    @property
    def key(self) -> str:
        return f"{self.name}-{self.version}"

    def added(self, name: str) -> Added:
        """One of the files. Raises KeyError, ValueError."""
        if Path(name).name != name:
            raise ValueError(f"{name!r} is no name of a file")
        return Added(f"{self.key}/{name}", self.files[name], self.source, self.licence)

    def specs(self) -> tuple[EncoderSpec, EncoderSpec]:
        """The encoder of pictures, and that of texts. Raises BadData, InvalidSpec."""
        try:
            if self.loader not in LOADERS:
                raise ValueError(f"the loader is {self.loader!r}; known are {', '.join(LOADERS)}")
            common: dict[str, Any] = {
                "version": self.version,
                "dim": self.dim,
                "weights": self.added(self.weights),
                "loader": self.loader,
                "space": self.key,
            }
            seen: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in self.pictures.items()
            }
            return (
                EncoderSpec(
                    name=self.name,
                    modality="image",
                    preprocessing=ImagePreprocessing(**seen),
                    description=f"{self.description}: its pictures.",
                    min_similarity=self.cut_offs[0],
                    **common,
                ),
                EncoderSpec(
                    name=f"{self.name}-text",
                    modality="text",
                    preprocessing=self._reading(),
                    description=f"{self.description}: its texts.",
                    min_similarity=self.cut_offs[1],
                    **common,
                ),
            )
        except (LookupError, TypeError, ValueError) as error:
            raise BadData(f"the declaration of {self.key} is not whole: {error!r}") from error

    def _reading(self) -> TextPreprocessing | Words:
        said = self.texts
        if "vocabulary" in said:
            return Words(self.added(said["vocabulary"]), said["longest"])
        if said["tokenizer"] is not None:
            return TextPreprocessing(
                self.added(said["tokenizer"]), said["max_tokens"], said["padded"]
            )
        minilm = registry.get("minilm").preprocessing
        assert isinstance(minilm, TextPreprocessing)
        return minilm


def folder(key: str, cache_dir: Path) -> Path:
    """Where the space of that key lies."""
    return cache_dir / FOLDER / key


def verified(file: Added, cache_dir: Path) -> Path:
    """Where the file lies, once its content is the declared one.

    Raises MissingResource, CorruptResource.
    """
    path = cache_dir / FOLDER / file.path
    if not path.is_file():
        raise MissingResource(f"{path} is missing: add the space anew (manage.py spaces)")
    return checked(path, file.sha256, "it is not what was added; add the space anew")


def declaration(place: Path) -> Declaration:
    """What the space in that folder declares. Raises BadData, InvalidSpec."""
    path = place / DECLARATION
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        found = Declaration(**{**said, "cut_offs": tuple(said["cut_offs"])})
        found.specs()
    except (OSError, ValueError, TypeError, LookupError, AttributeError, MLError) as error:
        raise BadData(f"{path} declares no space that can be used: {error}") from error
    if found.key != place.name:
        raise BadData(f"{path} declares {found.key}, and its folder is called {place.name}")
    return found


def declared(cache_dir: Path) -> tuple[list[Declaration], list[str]]:
    """What was added, by key; and, in words, what cannot be read."""
    found, wrong = [], []
    for path in sorted((cache_dir / FOLDER).glob(f"*/{DECLARATION}")):
        try:
            found.append(declaration(path.parent))
        except BadData as error:
            wrong.append(str(error))
    return found, wrong


def register(cache_dir: Path) -> list[str]:
    """Let the encoders of all that was added be known to `ml.registry`; those that are already,
    stay. In words, what cannot be."""
    found, wrong = declared(cache_dir)
    for one in found:
        for spec in one.specs():
            if spec in registry.specs():
                continue
            try:
                registry.register(spec)
            except MLError as error:
                wrong.append(f"{folder(one.key, cache_dir)}: {error}")
    return wrong


def named(wished: str) -> str:
    """``wished`` as an encoder can be called: lower-case words that begin with a letter, joined by
    "-": "ViT-B-16-SigLIP2" -> "vit-b16-siglip2". Raises InvalidSpec where nothing is left."""
    words = re.findall(r"[a-z0-9]+", wished.lower())
    joined = ""
    for word in words:
        joined += word if word[0].isdigit() or not joined else f"-{word}"
    joined = joined.lstrip("0123456789-")
    if not joined:
        raise InvalidSpec(f"{wished!r} is no name: at least one letter is wanted")
    return joined


def free(name: str, cache_dir: Path) -> Path:
    """The folder that a space of that name would have. Raises InvalidSpec for a name that is taken:
    what is live under it must not become another."""
    place = folder(f"{name}-1", cache_dir)
    if place.exists() or {name, f"{name}-text"} & set(registry.names()):
        raise InvalidSpec(f"an encoder is called {name} already: take another name")
    return place


@contextmanager
def adding(
    name: str, cache_dir: Path, made: Callable[[Declaration, Path], object]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """An empty folder to put the files of a new space into, and a dict for what its `Declaration`
    says beside name, version and files. At the end it is declared and registered, and ``made`` is
    called with the declaration and cache_dir; if that fails, nothing is left of it.

    Raises InvalidSpec for a name that is taken, and what ``made`` raises.
    """
    place = free(name, cache_dir)
    place.mkdir(parents=True)
    said: dict[str, Any] = {}
    try:
        yield place, said
        files = {path.name: sha256(path) for path in sorted(place.iterdir())}
        one = Declaration(name=name, version=1, files=files, **said)
        one.specs()
        text = json.dumps(asdict(one), indent=2, ensure_ascii=False) + "\n"
        (place / DECLARATION).write_text(text, encoding="utf-8")
        register(cache_dir)
        made(one, cache_dir)
    except BaseException:
        registry.forget(place.name)
        shutil.rmtree(place, ignore_errors=True)
        raise
