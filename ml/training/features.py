"""Vectors that do not change while a model learns: computed once and kept beside the runs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ml import registry, runtime
from ml.errors import BadData, BadOutput

#: Below the folder of the runs, none of which has a name with an underscore.
FOLDER = "_vectors"
AT_ONCE = 32

Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


def pixels(path: Path) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB, upright. Raises BadData."""
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            return np.asarray(upright.convert("RGB"))
    # Pillow says in many ways that a file is broken.
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BadData(f"{path} is no picture that can be read: {error}") from error


def pictures(
    paths: Sequence[Path],
    encoder: str,
    *,
    cache_dir: Path,
    kept: Path,
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """Pictures -> float32 (N, dim), rows of norm 1, by the encoder of that name or key.

    kept: the folder where they are looked for, and written to, by the encoder's key and a digest
    of the files' names, sizes and times of change.

    Raises BadData (a broken picture, by its name), and what `ml.runtime.load` raises.
    """
    spec = registry.resolve(encoder)
    signs = [_sign(path) for path in paths]

    def make() -> NDArray[np.float32]:
        loaded = runtime.load(spec.key, cache_dir=cache_dir)
        made = np.empty((len(paths), spec.dim), np.float32)
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            try:
                made[start : start + len(some)] = loaded.encode([pixels(path) for path in some])
            except BadOutput as error:
                raise BadData(f"{error}; input 0 was {some[0]}") from error
            progress("pictures", start + len(some), len(paths))
        return made

    return keep(kept, spec.key, signs, make)


def keep(
    folder: Path, name: str, signs: Sequence[str], make: Callable[[], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """What ``make`` made when it was last asked for the same ``signs``, else now."""
    digest = hashlib.sha256("\n".join(signs).encode()).hexdigest()[:16]
    path = folder / f"{name}-{digest}.npy"
    if path.is_file():
        return np.asarray(np.load(path, allow_pickle=False))
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    # Whoever writes at the same time writes the same; half a file is never seen.
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, made)
    partial.replace(path)
    return made


def _sign(path: Path) -> str:
    try:
        found = path.stat()
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from error
    return f"{path.name}\t{found.st_size}\t{found.st_mtime_ns}"
