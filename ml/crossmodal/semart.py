"""SemArt's layout on disk: a table of paintings with their comments, and a folder of pictures.

``semart_train.csv``, ``semart_val.csv`` and ``semart_test.csv``, separated by tabs, in
Windows-1252, and ``Images/`` beside them (Garcia and Vogiatzis 2018; github.com/noagarcia/SemArt).
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml.errors import BadData

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
ENCODING = "cp1252"
COLUMNS = (
    "IMAGE_FILE",
    "DESCRIPTION",
    "AUTHOR",
    "TITLE",
    "TECHNIQUE",
    "DATE",
    "TYPE",
    "SCHOOL",
    "TIMEFRAME",
)
#: What may be learned beside the comment, by the names that the papers give it.
ATTRIBUTES = ("type", "school", "timeframe", "author")


@dataclass(frozen=True)
class Painting:
    """A row of the table. ``picture``: the file, which is there."""

    picture: Path
    comment: str
    author: str
    title: str
    technique: str = ""
    date: str = ""
    type: str = ""
    school: str = ""
    timeframe: str = ""


@dataclass(frozen=True)
class Dataset:
    """The paintings of a split, in the order of its table. ``notices``: what was left out, and
    why, in words."""

    folder: Path
    split: Split
    paintings: tuple[Painting, ...]
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paintings)


def table(folder: Path, split: Split) -> Path:
    """Where the table of a split lies."""
    return folder / f"semart_{split}.csv"


def there(folder: Path) -> list[Split]:
    """The splits that a folder holds."""
    return [split for split in SPLITS if table(folder, split).is_file()]


def read(folder: Path, split: Split) -> Dataset:
    """The split of a folder. Rows without a comment or a picture are left out, and told.

    Raises BadData where the table is missing, lacks a column or holds no painting.
    """
    path = table(folder, split)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from error
    # Windows-1252 leaves five bytes without a meaning, and copies of the tables hold some.
    text = data.decode(ENCODING, errors="replace")
    notices = []
    if "\ufffd" in text:
        notices.append(f"{text.count(chr(0xFFFD))} bytes of {path.name} are no {ENCODING}.")
    csv.field_size_limit(sys.maxsize)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))
    lacking = [name for name in COLUMNS if not rows or rows[0].get(name) is None]
    if lacking:
        raise BadData(f"{path} holds no row, or lacks the columns {', '.join(lacking)}")
    found, mute, blind = [], 0, []
    for row in rows:
        painting = _painting(row, folder)
        if not painting.comment:
            mute += 1
        elif not painting.picture.is_file():
            blind.append(painting.picture.name)
        else:
            found.append(painting)
    if mute:
        notices.append(f"{mute} rows of {path.name} have no comment.")
    if blind:
        some = ", ".join(blind[:3])
        notices.append(f"{len(blind)} pictures of {path.name} are not in Images/: {some} ...")
    if not found:
        raise BadData(f"{path} holds no painting: {' '.join(notices)}")
    return Dataset(folder, split, tuple(found), tuple(notices))


def _painting(row: dict[str, str | None], folder: Path) -> Painting:
    values = [" ".join((row[name] or "").split()) for name in COLUMNS]
    # A name, not a path: a table that came from elsewhere must not lead out of the folder.
    picture = folder / "Images" / Path(values[0]).name
    return Painting(picture, *values[1:])
