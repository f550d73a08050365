"""What a client asked of a search or autocomplete service (2.0 section 4.1.1, 1.0 section 3.2.1).

Pure: reads a mapping of parameters (Django's QueryDict will do), gives frozen values. A wrong
value raises `BadParameter`, whose message tells the right form. A parameter that the
specification defines and the call does not implement is named in ``ignored``; one that the
specification does not define is ignored without a word.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, Self

from catalog.geometry import parse_xywh

#: The parameters of a search request, in the order of the specification's table.
SEARCH_PARAMETERS = ("q", "motivation", "date", "user")
#: An autocomplete request takes one more (2.0 section 5.1, 1.0 section 4.2.1). The ``box`` of
#: the draft 0.9 is in neither version.
AUTOCOMPLETE_PARAMETERS = (*SEARCH_PARAMETERS, "min")

#: Pages beyond this are nonsense, and their offset must still fit a bigint.
MAX_PAGE = 1_000_000

DATE_FORM = "YYYY-MM-DDThh:mm:ssZ/YYYY-MM-DDThh:mm:ssZ"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_RANGE = re.compile(rf"({_INSTANT})/({_INSTANT})")
_URI = re.compile(r"(?:https?://|urn:|ark:)[^\s]+", re.IGNORECASE)
_MOTIVATION_PREFIX = re.compile(
    r"^(?:oa:|sc:|https?://www\.w3\.org/ns/oa#|https?://iiif\.io/api/presentation/[23]#)"
)

DateRange = tuple[datetime, datetime]


class Parameters(Protocol):
    """A mapping whose keys may occur several times, as Django's QueryDict."""

    def getlist(self, key: str) -> list[str]: ...


class BadParameter(ValueError):
    """A parameter that cannot be read; ``str()`` is a sentence for the person who sent it."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        self.name, self.value, self.reason = name, value, reason
        shown = value if len(value) <= 100 else f"{value[:100]}…"
        super().__init__(f"The parameter {name}={shown!r} cannot be read: {reason}")


@dataclass(frozen=True, slots=True)
class ResourceQuery:
    """A query by a URI: a canvas, or a region of one (``<canvas>#xywh=…``).

    ``uri`` has no media fragment; ``fragment`` is that fragment, ``xywh=…`` in canvas units,
    possibly with ``percent:``, or None for the whole resource.
    """

    uri: str
    fragment: str | None = None

    @classmethod
    def parse(cls, q: str) -> Self:
        """``uri#xywh=…`` taken apart at its last ``#xywh=``, for a canvas id may hold a ``#``."""
        uri, found, numbers = q.rpartition("#xywh=")
        if not found:
            return cls(q)
        fragment = f"xywh={numbers}"
        if parse_xywh(fragment, (100, 100)) is None:
            raise BadParameter(
                "q", q, "the region is #xywh=x,y,width,height in canvas units, or percent:"
            )
        return cls(uri, fragment)

    def region(self, width: float, height: float) -> tuple[int, int, int, int] | None:
        """The region (x, y, w, h) on a canvas of that size, in its units; None: all of it."""
        rect = parse_xywh(self.fragment, (width, height)) if self.fragment else None
        return rect.rounded_out() if rect else None


@dataclass(frozen=True, slots=True)
class SearchParams:
    """A search request.

    ``q`` is the query as sent; ``terms`` are its words and ``uris`` its URIs (2.0 section 4.1.1:
    terms may be either). ``resource`` is set where the whole of ``q`` is one URI. ``motivations``
    bear no prefix, and "non-painting" is not among them: that is ``non_painting``. An annotation
    without the field that a filter asks for does not match.
    """

    q: str = ""
    terms: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    resource: ResourceQuery | None = None
    motivations: tuple[str, ...] = ()
    non_painting: bool = False
    dates: tuple[DateRange, ...] = ()
    users: tuple[str, ...] = ()
    page: int = 1
    ignored: tuple[str, ...] = ()
    #: What to repeat in the links to other pages: implemented, not empty, without ``page``.
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(
        cls, parameters: Parameters, implemented: Collection[str] = frozenset(SEARCH_PARAMETERS)
    ) -> Self:
        """Read a request; `BadParameter` for a wrong date, region or page."""
        sent = {name: _value(parameters, name) for name in SEARCH_PARAMETERS}
        used = {name: value for name, value in sent.items() if value and name in implemented}
        q = used.get("q", "")
        resource = _resource(q)
        words = [] if resource else q.split()
        motivations = _motivations(used.get("motivation", ""))
        return cls(
            q=q,
            terms=tuple(word for word in words if not _URI.fullmatch(word)),
            uris=(resource.uri,) if resource else tuple(w for w in words if _URI.fullmatch(w)),
            resource=resource,
            motivations=tuple(name for name in motivations if name != "non-painting"),
            non_painting="non-painting" in motivations,
            dates=_dates(used.get("date", "")),
            users=_once(used.get("user", "").split()),
            page=_positive("page", _last(parameters, "page"), MAX_PAGE),
            ignored=_ignored(sent, SEARCH_PARAMETERS, implemented),
            query=tuple(used.items()),
        )

    def wants_motivation(self, motivation: str) -> bool:
        """True where an annotation with this motivation passes (any of them: OR)."""
        if not self.motivations and not self.non_painting:
            return True
        name = strip_motivation(motivation)
        return name in self.motivations or (self.non_painting and name not in ("", "painting"))


@dataclass(frozen=True, slots=True)
class AutocompleteParams:
    """An autocomplete request; ``q`` is one character string, spaces included (2.0 section 5.1)."""

    q: str
    minimum: int = 1
    ignored: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(
        cls, parameters: Parameters, implemented: Collection[str] = frozenset({"q", "min"})
    ) -> Self:
        """Read a request; `BadParameter` where ``q`` is absent or empty, or ``min`` wrong."""
        sent = {name: _value(parameters, name, strip=False) for name in AUTOCOMPLETE_PARAMETERS}
        if not sent["q"].strip():
            raise BadParameter("q", sent["q"], "it must hold the first characters of a term.")
        used = {n: v for n, v in sent.items() if v.strip() and n in implemented}
        return cls(
            q=sent["q"],
            minimum=_positive("min", used.get("min", "")),
            ignored=_ignored(sent, AUTOCOMPLETE_PARAMETERS, implemented),
            query=tuple(used.items()),
        )


def strip_motivation(name: str) -> str:
    """``commenting`` for ``oa:commenting`` and for its full URI; ``painting`` for sc:painting."""
    return _MOTIVATION_PREFIX.sub("", name.strip())


def _value(parameters: Parameters, name: str, *, strip: bool = True) -> str:
    """All values of a parameter as one space separated list; no NUL, which no database takes."""
    joined = " ".join(parameters.getlist(name)).replace("\x00", " ")
    return joined.strip() if strip else joined


def _last(parameters: Parameters, name: str) -> str:
    values = parameters.getlist(name)
    return values[-1].strip() if values else ""


def _resource(q: str) -> ResourceQuery | None:
    """The URI that ``q`` is; canvas ids with spaces occur, so a region's end tells them too."""
    uris = sum(bool(_URI.fullmatch(word)) for word in q.split())
    whole = _URI.fullmatch(q) or ("#xywh=" in q and _URI.match(q) and uris == 1)
    return ResourceQuery.parse(q) if whole else None


def _motivations(value: str) -> tuple[str, ...]:
    return _once([strip_motivation(name) for name in value.split()])


def _dates(value: str) -> tuple[DateRange, ...]:
    return tuple(_date_range(text) for text in value.split())


def _date_range(text: str) -> DateRange:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise BadParameter("date", text, f"the form is {DATE_FORM}.")
    try:
        start, end = (datetime.fromisoformat(instant[:-1]) for instant in match.groups())
    except ValueError as error:
        raise BadParameter("date", text, f"{error}; the form is {DATE_FORM}.") from error
    if start > end:
        raise BadParameter("date", text, f"it ends before it begins; the form is {DATE_FORM}.")
    return start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)


def _positive(name: str, value: str, most: int = 2**31 - 1) -> int:
    """A whole number from 1 to ``most``; 1 where the parameter is absent or empty."""
    if not value.strip():
        return 1
    if not re.fullmatch(r"[0-9]{1,10}", value.strip()) or not 1 <= int(value) <= most:
        raise BadParameter(name, value, f"it is a whole number from 1 to {most}.")
    return int(value)


def _ignored(
    sent: dict[str, str], defined: tuple[str, ...], implemented: Collection[str]
) -> tuple[str, ...]:
    """An empty parameter restricts nothing, so nothing of it was ignored (section 4.1.1)."""
    return tuple(name for name in defined if sent[name].strip() and name not in implemented)


def _once(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
