"""Sentences of the engine, the catalogue and the notation, which are English, in the reader's
language.

They stay English where they are made, for they go to programs and logs, too; here each stands once
more, as the text that translators see, and is recognised by that text.
"""

from __future__ import annotations

import functools
import re

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _


class Untranslated(str):
    """A sentence that there is no translation for, as it was told; pages mark its language."""

    lang = "en"


_SENTENCES = (
    # iiifsearch.engine: what was left out of an answer
    _("Only the best %(count)s are listed."),
    _("The query has %(count)s different words; the first %(most)s were looked up."),
    _("The query has %(count)s sentences; the first %(most)s were read for their sense."),
    _("The query holds no word to look up."),
    # iiifsearch.engine.fold
    _("Folded into others that show the same picture: %(count)s."),
    _("Only %(count)s pairs were looked at to fold by."),
    # iiifsearch.engine.query: what cannot be looked for
    _("The weight of %(feature)s is %(weight)s; it must be above 0."),
    _("There is nothing to look for: give an example, a palette or a sketch."),
    _("The palette cannot be read: %(reason)s."),
    _("The region lies outside the picture."),
    # iiifsearch.notation
    _("“%(text)s” is no number."),
    _("“%(text)s” is no colour; one is written #aabbcc."),
    _("The rows of a sketch must hold the same number of colours."),
    _("A sketch has at most %(most)s by %(same)s colours."),
    _("Nothing is painted: a sketch needs a colour in one cell at least."),
    # iiifsearch.uploads, iiifsearch.pages.sent, iiifsearch.pages.recognising
    _("The file holds %(size)s MB; at most %(most)s MB are taken."),
    _("A file and an address were sent; one of them is enough."),
    _("No file was chosen, and no address given."),
    _("No photo was chosen."),
    _("no picture could be fetched from there"),
    # catalog.decode
    _("The file is no JPEG, PNG, WebP, GIF or TIFF picture."),
    _("The file is no JPEG, PNG, WebP, GIF or TIFF picture but looks like a web page."),
    _("The picture is damaged: %(reason)s"),
    _("The picture measures %(width)s x %(height)s pixels; at most %(most)s million are decoded."),
)
#: A place of a text, as `re.escape` leaves it.
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def told(sentence: str) -> str:
    """``sentence`` in the reader's language; as it is, and marked so, where it is a new one."""
    for pattern, text in _known():
        if found := pattern.fullmatch(sentence):
            return gettext(text) % found.groupdict()
    return sentence if _reads_english() else Untranslated(sentence)


@functools.cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(text), text) for text in _SENTENCES)


def _pattern(text: str) -> re.Pattern[str]:
    """What ``text`` looks like with something in each of its places."""
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)


def _reads_english() -> bool:
    return (get_language() or "en").startswith("en")
