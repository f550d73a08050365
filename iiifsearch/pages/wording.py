"""The engine's own words, said to a visitor of a museum."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst

from iiifsearch.conf import options
from iiifsearch.engine import presets as engine_presets
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.pages.asked import Filters


@dataclass(frozen=True)
class Feature:
    """A live image encoder as a visitor chooses it. ``key`` is its name in the engine."""

    key: str
    name: str
    line: str = ""


@dataclass(frozen=True)
class Preset:
    """A choice of features under a plain name; ``features`` is empty for what this installation
    goes by."""

    name: str
    line: str
    features: Mapping[str, float]


@dataclass(frozen=True)
class Share:
    """What a feature gave of a score: ``points`` of a hundred, ``part`` of the score, 0 to 1."""

    name: str
    points: int
    part: float

    @property
    def part_percent(self) -> int:
        return round(100 * self.part)


_FEATURES = {
    "efficientnet-lite0": ("Motif and form", "What is to be seen, and how it stands there."),
    "efficientnet-lite0-shallow": ("The picture itself", "The same picture, or a part of it."),
    "vgg16": ("The picture itself, in depth", "The same picture, in any reproduction."),
    "resnet50": ("Kind of thing", "The same kind of thing, however it is painted."),
    "resnet152": ("Kind of thing, closer", "The same kind of thing, by a deeper network."),
    "vgg16-average": ("Kind of thing, roughly", "The same kind of thing, by an older network."),
    "dinov2-small": ("Subject", "The same thing, in another picture of it."),
    "art-joint": ("Subject and hand", "What a text would say of it."),
    "objects": ("Kinds of detail", "Like details, wherever they are and however turned."),
    "colour": ("Colours in their places", "Like colours in like parts of the picture."),
    "colour-structure": ("Play of colours", "Like colours, massed or scattered alike."),
    "colour-layout": ("Light and dark", "Where it is light, dark or coloured, seen roughly."),
    "edge-histogram": ("Lines", "Lines that run the same way in the same parts."),
    "hog": ("Outlines", "Shapes of the same outline in the same parts."),
    "texture": ("Surface", "As coarse or fine, as rough or smooth all over."),
    "lbp": ("Brushwork and grain", "The finest structure: strokes, cracks, weave."),
    "palette": ("Palette", "As much of the same colours, wherever they are."),
}
#: What presets of the engine are called; those without a name here are not offered on pages.
_PRESETS = {
    "palette": ("Colours", "The same colours."),
    "composition": ("Composition", "Laid out alike: light and dark, lines, outlines."),
    "texture": ("Brushwork", "A surface that is worked alike."),
    "scene": ("Subject", "A like subject, as a text would tell it."),
    "things": ("Details", "Like details, wherever they are and however turned."),
}
OVERALL = Preset("Overall look", "The same picture, or one that looks like it.", {})

#: Groups of rights that can be asked for.
RIGHTS_GROUPS = (
    ("public-domain", "Public domain"),
    ("open", "Open: also CC BY and CC BY-SA"),
)
#: Colours that a sketch is painted with, in the order of a paintbox.
PAINTS = (
    ("#fbf8ef", "White"),
    ("#e6d8b5", "Cream"),
    ("#e0a92e", "Yellow"),
    ("#c8632a", "Orange"),
    ("#8c2f1b", "Red"),
    ("#d8a58c", "Rose"),
    ("#8fb8d9", "Sky blue"),
    ("#33546b", "Dark blue"),
    ("#4f7942", "Green"),
    ("#2f4030", "Dark green"),
    ("#8a6a3f", "Brown"),
    ("#8d8d88", "Grey"),
    ("#2b2a26", "Black"),
)
#: What a picture of one's own can be looked for by.
WANTS = (
    ("alike", "Paintings like it"),
    ("which", "Which painting is this?"),
    ("detail", "The same or a similar detail"),
)

_CUT_OFF = re.compile(r"^Those less alike than (.+) were left out\.$")
_CUT_BY = re.compile(r"\S+ by (\S+)")
_CUT_REGIONS = re.compile(r"^Regions less alike than \S+ were left out\.$")
_VERIFIED = re.compile(r"^Only the (\d+) most alike were verified\.$")
_UNVERIFIED = re.compile(r"^(\d+) of the most alike cannot be verified: no points are kept\.$")
_MEANT = re.compile(r"^the comment means something alike (\(-?\d+(?:\.\d+)?\))$")
_SHOWN = re.compile(r"^the picture shows something alike (\(-?\d+(?:\.\d+)?\))$")
#: Characters of a sentence that is quoted.
_QUOTED = 60
#: Causes of a hit that are no image encoders.
_CAUSES = {"words": "their words", "comments": "meaning", "pictures": "what they show"}


def feature(key: str) -> Feature:
    """An encoder that has no name here goes by its own."""
    return Feature(key, *_FEATURES.get(key, (key,)))


def features() -> list[Feature]:
    """The live ones."""
    return [feature(key) for key in options.image_encoders]


def presets() -> list[Preset]:
    """Those of which at least one feature is live."""
    named = [
        Preset(*_PRESETS[preset.name], preset.features)
        for preset in engine_presets.presets()
        if preset.name in _PRESETS
    ]
    return [OVERALL, *named]


def weights(chosen: Mapping[str, float]) -> str:
    """
    >>> weights({"colour": 1.0, "palette": 0.5})
    'colours in their places 100 %, palette 50 %'
    """
    ordered = sorted(chosen.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{feature(key).name.lower()} {100 * w:.0f} %" for key, w in ordered)


def area_name(terms: Sequence[str]) -> str:
    """
    >>> area_name(["portrait", "Rembrandt"]), area_name([])
    ('Portrait, Rembrandt', 'An area without a name')
    """
    return str(capfirst(", ".join(terms))) or "An area without a name"


# -- why a painting is there -------------------------------------------------------------------


def shares(hit: Hit) -> tuple[Share, ...]:
    """What each feature gave of the score of a hit by likeness, the most first; nothing of those
    that gave less than half a point."""
    if not hit.similarities or not hit.score:
        return ()
    whole = sum(hit.shares.values())
    ordered = sorted(hit.shares.items(), key=lambda share: -share[1])
    return tuple(
        Share(feature(key).name, round(100 * share), share / whole)
        for key, share in ordered
        if share >= 0.005
    )


def reasons(hit: Hit) -> tuple[str, ...]:
    """Why ``hit`` was found by words, a sentence for each channel that speaks for it."""
    if hit.similarities or not hit.score:
        return ()
    return tuple(
        _reason(why) + _quoted(hit.sentences.get(channel, ""))
        for channel, why in zip(hit.shares, hit.why, strict=True)
    )


def _reason(why: str) -> str:
    if meant := _MEANT.match(why):
        return f"Near in meaning {meant[1]}"
    if shown := _SHOWN.match(why):
        return f"Shows something alike {shown[1]}"
    return str(capfirst(why))


def _quoted(sentence: str) -> str:
    """
    >>> _quoted("A boat lies on the shore.")
    ': “A boat lies on the shore.”'
    """
    if not sentence:
        return ""
    short = sentence if len(sentence) <= _QUOTED else sentence[:_QUOTED].rsplit(" ", 1)[0] + " …"
    return f": “{short}”"


def sure(probability: float) -> str:
    """
    >>> sure(0.934), sure(0.9999)
    ('93 % sure', 'more than 99 % sure')
    """
    percent = int(100 * probability)
    return f"{percent} % sure" if percent < 99 else "more than 99 % sure"


def accessed(day: str) -> str:
    """
    >>> accessed("3 March 2026")
    'accessed 3 March 2026'
    """
    return f"accessed {day}"


def limits(filters: Filters) -> str:
    """
    >>> limits(Filters("Monet", 1870, 1880))
    'Monet, 1870 to 1880'
    """
    first, last = filters.first, filters.last
    years = f"{first} to {last}" if None not in (first, last) else ""
    if not years:
        years = f"from {first}" if first is not None else f"to {last}" if last is not None else ""
    told = (filters.maker, years, filters.object_type, dict(RIGHTS_GROUPS).get(filters.rights, ""))
    return ", ".join(filter(None, told))


# -- what a reader must know -------------------------------------------------------------------


def notices(answer: Answer) -> tuple[str, ...]:
    """The limits and cut-offs of ``answer``."""
    return tuple(notice(told) for told in answer.notices)


def notice(told: str) -> str:
    """A sentence of the engine; as it is where it is a new one."""
    if _CUT_REGIONS.match(told):
        return "What is less alike is not shown."
    if many := _VERIFIED.match(told):
        return f"Only the {many[1]} paintings that look most like it were examined closely."
    if some := _UNVERIFIED.match(told):
        return f"{some[1]} of those that look most like it cannot be examined closely yet."
    return _CUT_OFF.sub(_cut_off, told)


def _cut_off(match: re.Match[str]) -> str:
    by = [_cause(name) for name in _CUT_BY.findall(match[1])]
    if len(by) > 2:
        return "What is too far off by each of these measures is not shown."
    return f"What is too far off by {' and by '.join(by)} is not shown."


def _cause(name: str) -> str:
    return _CAUSES.get(name) or f"“{feature(name).name}”"
