"""What a rule says: read from JSON and written to it, checked once, and then taken for granted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext

from iiifsearch.engine.filters import RIGHTS_GROUPS
from iiifsearch.engine.tags import LONGEST_TAG
from iiifsearch.engine.words import MOST_TERMS, parse

#: Of what is written. A rule of another version is refused, not guessed at.
VERSION = 1
#: Examples that paintings are compared with, and paintings that are taken by likeness.
MOST_EXAMPLES, MOST_ALIKE = 20, 500
_LONGEST = 300
_FIRST_YEAR, _LAST_YEAR = -9999, 9999
_LARGEST_ID = 2**63 - 1
_KEY = re.compile(r"[\w-]{1,16}", re.ASCII)


class BadRule(ValueError):
    """A rule that cannot be read; the message says why. ``about``: the field, "" for the whole."""

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(reason)
        self.about = about


@dataclass(frozen=True)
class Rule:
    """All conditions that are given hold at once; at least one is.

    ``maker``, ``object_type``: words of what the catalogue says. ``first``, ``last``: years, both
    included. ``rights``: a name of `RIGHTS_GROUPS`, or how a rights URI begins. ``collection``,
    ``manifest``: key of the one that it looks in. ``tag``: what a row of the metadata or a tag
    says; ``label``: what it is called, "" for any. ``words``: all of them stand in texts.

    ``like``: keys of paintings; of what meets the rest, the ``most`` that are most like these, if
    at least ``least`` percent alike. ``without``: ids of canvases that a curator took out.
    """

    maker: str = ""
    object_type: str = ""
    first: int | None = None
    last: int | None = None
    rights: str = ""
    collection: str = ""
    manifest: str = ""
    label: str = ""
    tag: str = ""
    words: str = ""
    like: tuple[str, ...] = ()
    least: int = 50
    most: int = 100
    without: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises BadRule."""
        for name in ("maker", "object_type", "rights", "label", "tag", "words"):
            _check_text(name, getattr(self, name))
        for name in ("maker", "object_type", "tag"):
            if getattr(self, name) and not re.search(r"\w", getattr(self, name)):
                raise BadRule(gettext("There is no word in it to look up."), name)
        for name in ("first", "last"):
            _check_number(name, getattr(self, name), _FIRST_YEAR, _LAST_YEAR)
        if self.first is not None and self.last is not None and self.first > self.last:
            none = gettext("No year is after %(first)d and before %(last)d.")
            raise BadRule(none % {"first": self.first, "last": self.last}, "last")
        if self.rights and self.rights not in RIGHTS_GROUPS and "://" not in self.rights:
            groups = ", ".join(RIGHTS_GROUPS)
            told = gettext("Rights are one of %(groups)s, or how their URI begins.")
            raise BadRule(told % {"groups": groups}, "rights")
        for name in ("collection", "manifest"):
            if getattr(self, name) != "":
                _check_key(name, getattr(self, name))
        if self.collection and self.manifest:
            both = gettext("It looks in a collection or in a manifest, not in both.")
            raise BadRule(both, "manifest")
        if len(self.tag) > LONGEST_TAG:
            long = gettext("A tag has at most %(most)d characters.")
            raise BadRule(long % {"most": LONGEST_TAG}, "tag")
        if self.label and not self.tag:
            what = gettext("What does a tag “%(label)s” say?")
            raise BadRule(what % {"label": self.label}, "tag")
        if self.words:
            terms, too_many = parse(self.words)
            if not any(not term.negated for term in terms):
                raise BadRule(gettext("There is no word in it to look up."), "words")
            if too_many:
                told = gettext("At most %(most)d words can be looked up.")
                raise BadRule(told % {"most": MOST_TERMS}, "words")
        if len(self.like) > MOST_EXAMPLES:
            told = gettext("At most %(most)d paintings can be examples.")
            raise BadRule(told % {"most": MOST_EXAMPLES}, "like")
        for key in self.like:
            _check_key("like", key)
        _check_number("least", self.least, 0, 100)
        _check_number("most", self.most, 1, MOST_ALIKE)
        for pk in self.without:
            _check_number("without", pk, 1, _LARGEST_ID)
        if not self.conditions:
            raise BadRule(gettext("A rule without any condition would take everything."))

    @property
    def conditions(self) -> dict[str, Any]:
        """Those that are given, by name."""
        aside = ("least", "most", "without", "label")
        told = {name: value for name, value in asdict(self).items() if name not in aside}
        return {name: value for name, value in told.items() if value not in ("", None, ())}

    def written(self) -> dict[str, Any]:
        """JSON, for `Collection.rule`."""
        plain = asdict(self) | {"like": list(self.like), "without": list(self.without)}
        said = {name: value for name, value in plain.items() if value not in ("", None, [])}
        return {"version": VERSION, **said}


def read(written: Any) -> Rule:
    """The rule that `Rule.written` wrote. Raises BadRule."""
    if not isinstance(written, dict):
        raise BadRule(gettext("A rule is a JSON object."))
    version = written.get("version")
    if isinstance(version, bool) or version != VERSION:
        told = gettext("This is a rule of version %(version)s; %(known)d is understood.")
        raise BadRule(told % {"version": str(version)[:20], "known": VERSION})
    fields = {name: value for name, value in written.items() if name != "version"}
    unknown = [str(name)[:40] for name in fields if name not in Rule.__dataclass_fields__]
    if unknown:
        told = gettext("Nothing is known of %(names)s.")
        raise BadRule(told % {"names": ", ".join(sorted(unknown)[:5])})
    for name in ("like", "without"):
        if name in fields:
            if not isinstance(fields[name], list):
                raise BadRule(gettext("A list is wanted."), name)
            fields[name] = _once(name, fields[name])
    return Rule(**fields)


def _once(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    try:
        return tuple(dict.fromkeys(values))
    except TypeError as error:
        raise BadRule(gettext("A list of plain values is wanted."), name) from error


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadRule(gettext("A text is wanted."), name)
    if len(value) > _LONGEST:
        told = gettext("At most %(most)d characters are possible.")
        raise BadRule(told % {"most": _LONGEST}, name)
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise BadRule(gettext("There are characters in it that no text has."), name)


def _check_number(name: str, value: Any, least: int, most: int) -> None:
    if value is None and name in ("first", "last"):
        return
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        told = gettext("A whole number from %(least)d to %(most)d is wanted.")
        raise BadRule(told % {"least": least, "most": most}, name)


def _check_key(name: str, value: Any) -> None:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise BadRule(gettext("That is no key."), name)
