"""The engine's own words, said to a visitor of a museum in the visitor's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from iiifsearch.conf import options
from iiifsearch.engine import presets as engine_presets
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.pages.asked import Filters
from iiifsearch.pages.told import Untranslated, told

Text = str | Promise


@dataclass(frozen=True)
class Feature:
    """A live image encoder as a visitor chooses it. ``key`` is its name in the engine."""

    key: str
    name: Text
    line: Text = ""

    @property
    def within(self) -> str:
        """Its name as it is written within a sentence."""
        return within(self.name)


@dataclass(frozen=True)
class Preset:
    """A choice of features under a plain name; ``features`` is empty for what this installation
    goes by."""

    name: Text
    line: Text
    features: Mapping[str, float]

    @property
    def within(self) -> str:
        """Its name as it is written within a sentence."""
        return within(self.name)


@dataclass(frozen=True)
class Share:
    """What a feature gave of a score: ``points`` of a hundred, ``part`` of the score, 0 to 1."""

    name: Text
    points: int
    part: float

    @property
    def part_percent(self) -> int:
        return round(100 * self.part)


_FEATURES = {
    "efficientnet-lite0": (_("Motif and form"), _("What is to be seen, and how it stands there.")),
    "efficientnet-lite0-shallow": (
        _("The picture itself"),
        _("The same picture, or a part of it."),
    ),
    "vgg16": (_("The picture itself, in depth"), _("The same picture, in any reproduction.")),
    "resnet50": (_("Kind of thing"), _("The same kind of thing, however it is painted.")),
    "resnet152": (_("Kind of thing, closer"), _("The same kind of thing, by a deeper network.")),
    "vgg16-average": (
        _("Kind of thing, roughly"),
        _("The same kind of thing, by an older network."),
    ),
    "dinov2-small": (_("Subject"), _("The same thing, in another picture of it.")),
    "art-joint": (_("Subject and hand"), _("What a text would say of it.")),
    "objects": (_("Kinds of detail"), _("Like details, wherever they are and however turned.")),
    "colour": (_("Colours in their places"), _("Like colours in like parts of the picture.")),
    "colour-structure": (_("Play of colours"), _("Like colours, massed or scattered alike.")),
    "colour-layout": (_("Light and dark"), _("Where it is light, dark or coloured, seen roughly.")),
    "edge-histogram": (_("Lines"), _("Lines that run the same way in the same parts.")),
    "hog": (_("Outlines"), _("Shapes of the same outline in the same parts.")),
    "texture": (_("Surface"), _("As coarse or fine, as rough or smooth all over.")),
    "lbp": (_("Brushwork and grain"), _("The finest structure: strokes, cracks, weave.")),
    "palette": (_("Palette"), _("As much of the same colours, wherever they are.")),
}
#: What presets of the engine are called; those without a name here are not offered on pages.
_PRESETS = {
    "palette": (_("Colours"), _("The same colours.")),
    "composition": (_("Composition"), _("Laid out alike: light and dark, lines, outlines.")),
    "texture": (_("Brushwork"), _("A surface that is worked alike.")),
    "scene": (_("Subject"), _("A like subject, as a text would tell it.")),
    "things": (_("Details"), _("Like details, wherever they are and however turned.")),
}
OVERALL = Preset(_("Overall look"), _("The same picture, or one that looks like it."), {})

#: Groups of rights that can be asked for.
RIGHTS_GROUPS = (
    ("public-domain", _("Public domain")),
    ("open", _("Open: also CC BY and CC BY-SA")),
)
#: Colours that a sketch is painted with, in the order of a paintbox.
PAINTS = (
    ("#fbf8ef", _("White")),
    ("#e6d8b5", _("Cream")),
    ("#e0a92e", _("Yellow")),
    ("#c8632a", _("Orange")),
    ("#8c2f1b", _("Red")),
    ("#d8a58c", _("Rose")),
    ("#8fb8d9", _("Sky blue")),
    ("#33546b", _("Dark blue")),
    ("#4f7942", _("Green")),
    ("#2f4030", _("Dark green")),
    ("#8a6a3f", _("Brown")),
    ("#8d8d88", _("Grey")),
    ("#2b2a26", _("Black")),
)
#: What a picture of one's own can be looked for by.
WANTS = (
    ("alike", _("Paintings like it")),
    ("which", _("Which painting is this?")),
    ("detail", _("The same or a similar detail")),
)

_CUT_OFF = re.compile(r"^Those less alike than (.+) were left out\.$")
_CUT_BY = re.compile(r"\S+ by (\S+)")
_CUT_REGIONS = re.compile(r"^Regions less alike than \S+ were left out\.$")
_VERIFIED = re.compile(r"^Only the (\d+) most alike were verified\.$")
_UNVERIFIED = re.compile(r"^(\d+) of the most alike cannot be verified: no points are kept\.$")
_MEANT = re.compile(r"^the comment means something alike \((-?\d+(?:\.\d+)?)\)$")
_SHOWN = re.compile(r"^the picture shows something alike \((-?\d+(?:\.\d+)?)\)$")
_MATCHED = re.compile(r"^matched (\".+\")(?: and (\d+) more)?(?: \((\d+) of (\d+) words\))?$")
#: Characters of a sentence that is quoted.
_QUOTED = 60
#: Causes of a hit that are no image encoders.
_CAUSES = {
    "words": pgettext_lazy("what is too far off by", "their words"),
    "comments": pgettext_lazy("what is too far off by", "meaning"),
    "pictures": pgettext_lazy("what is too far off by", "what they show"),
}


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


def within(name: Text) -> str:
    """A name as it is written within a sentence: small, but for German, whose nouns are not."""
    return str(name) if (get_language() or "").startswith("de") else str(name).lower()


def weights(chosen: Mapping[str, float]) -> str:
    """
    >>> weights({"colour": 1.0, "palette": 0.5})
    'colours in their places 100 %, palette 50 %'
    """
    ordered = sorted(chosen.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{feature(key).within} {100 * w:.0f} %" for key, w in ordered)


def area_name(terms: Sequence[str]) -> str:
    """
    >>> area_name(["portrait", "Rembrandt"]), area_name([])
    ('Portrait, Rembrandt', 'An area without a name')
    """
    return str(capfirst(", ".join(terms))) or gettext("An area without a name")


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
        _quoting(_reason(why), hit.sentences.get(channel, ""))
        for channel, why in zip(hit.shares, hit.why, strict=True)
    )


def _reason(why: str) -> str:
    if meant := _MEANT.match(why):
        return gettext("Near in meaning (%(cosine)s)") % {"cosine": number_format(meant[1])}
    if shown := _SHOWN.match(why):
        return gettext("Shows something alike (%(cosine)s)") % {"cosine": number_format(shown[1])}
    if matched := _MATCHED.match(why):
        return _matched(matched)
    return Untranslated(capfirst(why))


def _matched(match: re.Match[str]) -> str:
    words, more, found, of = match.groups()
    if more:
        listed = ngettext(
            "Matched %(words)s and %(more)d more", "Matched %(words)s and %(more)d more", int(more)
        )
    else:
        listed = gettext("Matched %(words)s")
    said = listed % {"words": words, "more": int(more or 0)}
    if of is None:
        return said
    among = ngettext("(%(found)d of %(of)d word)", "(%(found)d of %(of)d words)", int(of))
    return f"{said} {among % {'found': int(found), 'of': int(of)}}"


def _quoting(reason: str, sentence: str) -> str:
    """
    >>> _quoting("Near in meaning", "A boat lies on the shore.")
    'Near in meaning: “A boat lies on the shore.”'
    """
    if not sentence:
        return reason
    short = sentence if len(sentence) <= _QUOTED else sentence[:_QUOTED].rsplit(" ", 1)[0] + " …"
    return gettext("%(reason)s: “%(sentence)s”") % {"reason": reason, "sentence": short}


def sure(probability: float) -> str:
    """
    >>> sure(0.934), sure(0.9999)
    ('93 % sure', 'more than 99 % sure')
    """
    percent = int(100 * probability)
    if percent < 99:
        return gettext("%(percent)d %% sure") % {"percent": percent}
    return gettext("more than %(percent)d %% sure") % {"percent": 99}


def accessed(day: str) -> str:
    """
    >>> accessed("3 March 2026")
    'accessed 3 March 2026'
    """
    return gettext("accessed %(day)s") % {"day": day}


def limits(filters: Filters) -> str:
    """
    >>> limits(Filters("Monet", 1870, 1880))
    'Monet, 1870 to 1880'
    """
    rights = str(dict(RIGHTS_GROUPS).get(filters.rights, ""))
    each = (filters.maker, _years(filters.first, filters.last), filters.object_type, rights)
    return ", ".join(filter(None, each))


def _years(first: int | None, last: int | None) -> str:
    if first is None and last is None:
        return ""
    if last is None:
        text = gettext("from %(first)d")
    else:
        text = gettext("to %(last)d") if first is None else gettext("%(first)d to %(last)d")
    return text % {"first": first, "last": last}


# -- what a reader must know -------------------------------------------------------------------


def notices(answer: Answer) -> tuple[str, ...]:
    """The limits and cut-offs of ``answer``."""
    return tuple(map(notice, answer.notices))


def notice(sentence: str) -> str:
    """A sentence of the engine; as it is where it is a new one."""
    if _CUT_REGIONS.match(sentence):
        return gettext("What is less alike is not shown.")
    if many := _VERIFIED.match(sentence):
        return ngettext(
            "Only the %(count)d painting that looks most like it was examined closely.",
            "Only the %(count)d paintings that look most like it were examined closely.",
            int(many[1]),
        ) % {"count": int(many[1])}
    if some := _UNVERIFIED.match(sentence):
        return ngettext(
            "%(count)d of those that look most like it cannot be examined closely yet.",
            "%(count)d of those that look most like it cannot be examined closely yet.",
            int(some[1]),
        ) % {"count": int(some[1])}
    if cut := _CUT_OFF.match(sentence):
        return _cut_off(cut)
    return told(sentence)


def _cut_off(match: re.Match[str]) -> str:
    by = [_cause(name) for name in _CUT_BY.findall(match[1])]
    if len(by) > 2:
        return gettext("What is too far off by each of these measures is not shown.")
    if len(by) == 2:
        both = gettext("What is too far off by %(one)s and by %(other)s is not shown.")
        return both % {"one": by[0], "other": by[1]}
    return gettext("What is too far off by %(one)s is not shown.") % {"one": "".join(by)}


def _cause(name: str) -> str:
    return str(_CAUSES.get(name) or gettext("“%(feature)s”") % {"feature": feature(name).name})
