"""What the address of a search asks, read and written again.

Forms send more parameters than an address needs; such a question is answered with a redirect to
the address that says the same, which can be kept and passed on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from catalog.geometry import Rect, parse_xywh
from iiifsearch.conf import options
from iiifsearch.engine.filters import RIGHTS_GROUPS, WorkFilter
from iiifsearch.engine.query import PALETTE, SKETCH
from iiifsearch.engine.scope import Scope
from iiifsearch.notation import (
    NotationError,
    Sketch,
    colour,
    hexadecimal,
    number,
    pairs,
    sketch,
    sketch_written,
    written,
)
from iiifsearch.pages.sketch import of_form
from iiifsearch.pages.told import told

#: Colours that one palette may have.
MOST_COLOURS = 5
#: What ``fold`` says in an address.
FOLD = "duplicates"
#: What the forms send, and addresses do not hold.
_WEIGHT, _RECTANGLE = "weight-", ("x", "y", "w", "h")
_FIELDS = ("colour", "cell", "painted", "x")
_LONGEST = 1000
_YEAR = re.compile(r"-?\d{1,4}", re.ASCII)
_SEED = re.compile(r"\d{1,10}", re.ASCII)


class BadAsk(ValueError):
    """An address that cannot be read; the message says why, in the reader's language."""


@dataclass(frozen=True)
class Filters:
    """``object_type``: words of what the source calls it. ``rights``: a name of `RIGHTS_GROUPS`."""

    maker: str = ""
    first: int | None = None
    last: int | None = None
    rights: str = ""
    object_type: str = ""

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def scope(self) -> Scope:
        years = (self.first, self.last)
        works = WorkFilter(
            maker=self.maker, object_type=self.object_type, years=years, rights=self.rights
        )
        return Scope(works=works)


@dataclass(frozen=True)
class Asked:
    """``like``: a painting's key. ``xywh``: a part of it, in percent of its sides. ``features``:
    what to go by, empty for what this installation goes by; ``unknown`` are named in the address
    and not live. ``random``: a seed. ``fold``: the same pictures come once. ``from_form``: the
    address can be said shorter."""

    query: str = ""
    like: str = ""
    xywh: Rect | None = None
    features: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    palette: tuple[tuple[str, float], ...] = ()
    sketch: Sketch = ()
    random: int | None = None
    filters: Filters = field(default_factory=Filters)
    fold: bool = False
    page: str = "1"
    from_form: bool = False

    def parameters(self) -> dict[str, str]:
        """Without the page."""
        told = {
            "q": self.query,
            "like": self.like,
            "xywh": percent(self.xywh) if self.xywh else "",
            "features": written(self.features.items()),
            "palette": written(self.palette),
            "sketch": sketch_written(self.sketch),
            "random": "" if self.random is None else str(self.random),
            "maker": self.filters.maker,
            "from": "" if self.filters.first is None else str(self.filters.first),
            "to": "" if self.filters.last is None else str(self.filters.last),
            "rights": self.filters.rights,
            "type": self.filters.object_type,
            "fold": FOLD if self.fold else "",
        }
        return {name: value for name, value in told.items() if value}

    def url(self, page: int = 1, **changes: Any) -> str:
        """The address of this question, or of one with ``changes``."""
        told = replace(self, **changes).parameters() | ({"page": str(page)} if page > 1 else {})
        return f"{reverse('search')}?{urlencode(told, safe=':,;')}"

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """What a form that asks for ``without`` anew sends along."""
        return [pair for pair in self.parameters().items() if pair[0] not in without]


def read(sent: QueryDict) -> Asked:
    """Raises BadAsk."""
    try:
        return _read(sent)
    except NotationError as error:
        raise BadAsk(told(str(error))) from error


def _read(sent: QueryDict) -> Asked:
    features, unknown = _features(sent)
    seed = sent.get("random")
    drawn = seed is not None and not _SEED.fullmatch(seed)
    return Asked(
        query=sent.get("q", "").replace("\x00", " ").strip(),
        like=sent.get("like", ""),
        xywh=_part(sent) if sent.get("like") else None,
        features=features,
        unknown=unknown,
        palette=_palette(sent),
        sketch=_sketch(sent),
        random=None if seed is None else secrets.randbelow(10**6) if drawn else int(seed),
        filters=_filters(sent),
        fold=sent.get("fold") == FOLD,
        page=sent.get("page", "1"),
        from_form=drawn or any(name.startswith(_WEIGHT) or name in _FIELDS for name in sent),
    )


def part(text: str) -> Rect | None:
    """``pct:x,y,w,h`` as a part of the picture, in percent of its sides; None for anything else,
    and where nothing of it lies in the picture."""
    found = None if parse_xywh(text) else parse_xywh(text, (100, 100))
    return found.intersection(Rect.of_size(100, 100)) if found else None


def percent(rect: Rect) -> str:
    return "pct:" + ",".join(f"{round(number, 2):g}" for number in rect.as_tuple())


# -- from what was sent ------------------------------------------------------------------------


def _features(sent: QueryDict) -> tuple[dict[str, float], tuple[str, ...]]:
    """Weights above 0 of live features, and the others' names."""
    asked = dict(pairs(sent.get("features", "")[:_LONGEST]))
    fields = {n.removeprefix(_WEIGHT): str(v) for n, v in sent.items() if n.startswith(_WEIGHT)}
    asked |= {name: number(value or "0") for name, value in fields.items()}
    live = {n: min(weight, 1.0) for n, weight in asked.items() if n in options.image_encoders}
    unknown = tuple(name[:40] for name in asked if name not in options.image_encoders)
    if fields and live == {name: min(weight, 1.0) for name, weight in options.features}:
        live = {}
    return {name: weight for name, weight in live.items() if weight > 0}, unknown


def _palette(sent: QueryDict) -> tuple[tuple[str, float], ...]:
    """Colours, "#rrggbb", and their shares of 1; none where palettes are not looked at."""
    asked = pairs(sent.get("palette", "")[:_LONGEST])
    if "colour" in sent:
        shares = [number(share or "0") / 100 for share in sent.getlist("share")]
        asked = list(zip(sent.getlist("colour"), shares, strict=False))
    if (asked or "palette" in sent) and PALETTE not in options.image_encoders:
        raise BadAsk(gettext("Paintings cannot be looked for by chosen colours here."))
    wanted = [(hexadecimal(colour(text)), share) for text, share in asked if share > 0]
    if len(wanted) > MOST_COLOURS:
        raise BadAsk(gettext("At most %(count)d colours can be chosen.") % {"count": MOST_COLOURS})
    if not wanted and ("colour" in sent or sent.get("palette")):
        raise BadAsk(gettext("No colour was chosen: give at least one of them a share."))
    return tuple(wanted)


def _sketch(sent: QueryDict) -> Sketch:
    """What was painted; () where nothing was. Without a script each cell is a field."""
    painted = sent.get("painted") or sent.get("sketch", "")
    if not (painted or "cell" in sent):
        return ()
    if SKETCH not in options.image_encoders:
        raise BadAsk(gettext("Paintings cannot be looked for by a sketch here."))
    return sketch(painted) if painted else of_form(sent.getlist("cell"))


def _part(sent: QueryDict) -> Rect | None:
    """A part of a picture, in percent of its sides."""
    text = sent.get("xywh", "")
    if "x" in sent:
        text = "pct:" + ",".join(sent.get(name, "") for name in _RECTANGLE)
    found = part(text)
    if text and found is None:
        raise BadAsk(
            gettext(
                "That is no part of the picture. Four numbers are wanted, in percent: how far from "
                "the left and from the top it begins, how wide and how high it is."
            )
        )
    return None if found == Rect.of_size(100, 100) else found


def _filters(sent: QueryDict) -> Filters:
    maker = _words(sent.get("maker", ""), gettext("“%(text)s” is no maker's name."))
    object_type = _words(sent.get("type", ""), gettext("“%(text)s” is no type of work."))
    rights = sent.get("rights", "")
    if rights and rights not in RIGHTS_GROUPS:
        raise BadAsk(gettext("“%(text)s” is no group of rights.") % {"text": rights[:40]})
    first, last = _year(sent.get("from", "")), _year(sent.get("to", ""))
    if first is not None and last is not None and first > last:
        none = gettext("No year is after %(first)d and before %(last)d.")
        raise BadAsk(none % {"first": first, "last": last})
    return Filters(maker, first, last, rights, object_type)


def _words(text: str, otherwise: str) -> str:
    """Something that can be looked up. Raises BadAsk, which says ``otherwise``."""
    words = text.replace("\x00", " ").strip()[:300]
    if words and not re.search(r"\w", words):
        raise BadAsk(otherwise % {"text": words[:40]})
    return words


def _year(text: str) -> int | None:
    text = text.strip()
    if text and not _YEAR.fullmatch(text):
        raise BadAsk(gettext("“%(text)s” is no year.") % {"text": text[:40]})
    return int(text) if text else None
