"""A folder of SemArt's layout whose paintings are drawn from the words of their comments.

A comment names a ground, a shape, its colour and its place, each by one of several words, among
words that say nothing. An author has one ground, a type one shape.
"""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image, ImageDraw

from ml.crossmodal import semart

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 150, 40),
    "blue": (30, 50, 190),
    "yellow": (230, 210, 40),
    "violet": (130, 30, 160),
    "white": (240, 240, 235),
    "black": (25, 25, 25),
    "orange": (240, 130, 20),
}
ALSO = {"red": "crimson", "green": "verdant", "blue": "azure", "yellow": "golden"}
GROUNDS = {
    "red": "sunset",
    "green": "meadow",
    "blue": "ocean",
    "yellow": "wheat",
    "violet": "heather",
    "white": "snow",
    "black": "night",
    "orange": "desert",
}
SHAPES = {"disc": "portrait", "tower": "landscape", "sail": "genre", "frame": "religious"}
PLACES = {"northwest": (0, 0), "northeast": (1, 0), "southwest": (0, 1), "southeast": (1, 1)}
_FILLERS = """
painting canvas master museum century brush studio patron figure viewer style period manner
detail known collection finished letter exhibition critics composition light shadow church
"""
FILLERS = _FILLERS.split()
SIZE = 64


def write(folder: Path, seed: int = 7, **counts: int) -> Path:
    """Tables and pictures of so many paintings for each split; the same for the same seed."""
    chance = random.Random(seed)
    (folder / "Images").mkdir(parents=True)
    for split, count in counts.items():
        rows = ["\t".join(semart.COLUMNS)]
        rows += ["\t".join(_painting(folder, f"{split}{n}", chance)) for n in range(count)]
        data = "\r\n".join([*rows, ""]).encode(semart.ENCODING)
        (folder / f"semart_{split}.csv").write_bytes(data)
    return folder


def _painting(folder: Path, name: str, chance: random.Random) -> list[str]:
    ground = chance.choice(list(COLOURS))
    colour = chance.choice([one for one in COLOURS if one != ground])
    shape, place = chance.choice(list(SHAPES)), chance.choice(list(PLACES))
    picture = Image.new("RGB", (SIZE, SIZE), _near(COLOURS[ground], chance))
    _draw(picture, shape, PLACES[place], _near(COLOURS[colour], chance), chance)
    picture.save(folder / "Images" / f"{name}.png")
    said = [GROUNDS[ground], chance.choice([colour, ALSO.get(colour, colour)]), shape, place]
    filler = chance.choices(FILLERS, k=5)
    told = said + filler
    chance.shuffle(told)
    comment = f"The {' '.join(told)} – it’s n° {chance.randint(1, 99)}."
    values = {
        "IMAGE_FILE": f"{name}.png",
        "DESCRIPTION": comment,
        "AUTHOR": f"MÜLLER, {GROUNDS[ground].title()}",
        "TITLE": f"{shape.title()} with {chance.choice(FILLERS)}",
        "TYPE": SHAPES[shape],
        "SCHOOL": "Dutch" if colour in ALSO else "Italian",
        "TIMEFRAME": "" if chance.random() < 0.1 else f"1{PLACES[place][0]}01-1{place[:1]}50",
    }
    return [values.get(column, "") for column in semart.COLUMNS]


def _near(colour: tuple[int, int, int], chance: random.Random) -> tuple[int, ...]:
    return tuple(min(255, max(0, part + chance.randint(-12, 12))) for part in colour)


def _draw(
    picture: Image.Image,
    shape: str,
    place: tuple[int, int],
    colour: tuple[int, ...],
    chance: random.Random,
) -> None:
    half = SIZE // 2
    left = place[0] * half + 3 + chance.randint(-2, 2)
    top = place[1] * half + 3 + chance.randint(-2, 2)
    right, bottom = left + half - 7, top + half - 7
    pen = ImageDraw.Draw(picture)
    if shape == "disc":
        pen.ellipse((left, top, right, bottom), fill=colour)
    elif shape == "tower":
        pen.rectangle((left + 9, top, right - 9, bottom), fill=colour)
    elif shape == "sail":
        pen.polygon([(left, bottom), (right, bottom), (left, top)], fill=colour)
    else:
        pen.rectangle((left, top, right, bottom), outline=colour, width=5)
