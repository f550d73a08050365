"""What the search page shows: from what an address asks to a page of cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from catalog.models import Canvas, ManifestCanvas, State
from iiifsearch.conf import options
from iiifsearch.engine import search as engine
from iiifsearch.engine import words
from iiifsearch.engine.fold import fold
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.regions import Detail
from iiifsearch.pages import likeness, wording
from iiifsearch.pages.asked import Asked
from iiifsearch.pages.cards import Card, card, cards
from iiifsearch.pages.results import Results, page_of
from iiifsearch.records import Record, records

#: Longer queries are cut off: an encoder of sentences reads no further, and a URL has its limits.
LONGEST_QUERY = 1500
RECENT = 8


class UnknownPainting(LookupError):
    """No public painting has this key."""

    def __init__(self, key: str) -> None:
        told = gettext("No painting with the key “%(key)s” is published here.")
        super().__init__(told % {"key": key[:40]})


def results_of(asked: Asked) -> Results:
    """Raises UnknownPainting, BadAsk, `iiifsearch.engine.query.BadQuery`, `ml.errors.MLError`."""
    if asked.like:
        record = painting_record(asked.like)
        return _by_detail(asked, record) if asked.xywh else _by_likeness(asked, record)
    if asked.palette:
        return _by_palette(asked)
    if asked.sketch:
        return _by_sketch(asked)
    if asked.random is not None:
        return _at_random(asked)
    return _by_words(asked) if asked.query else Results(asked=asked, recent=recent())


def recent() -> list[Card]:
    """The newest paintings that can be seen: the first view of each, not its back or details."""
    first_views = ManifestCanvas.objects.filter(
        canvas=OuterRef("pk"), position=0, manifest__state=State.PUBLISHED
    )
    newest = Canvas.objects.filter(
        Exists(first_views), state=State.PUBLISHED, picture__outcome="kept"
    ).order_by("-pk")[:RECENT]
    ids = [canvas.pk for canvas in newest.only("pk")]
    shown = records(ids)
    return [card(shown[pk]) for pk in ids if pk in shown]


def painting_record(key: str) -> Record:
    """The record of the public canvas with this key. Raises UnknownPainting."""
    if "\x00" in key:  # which Postgres refuses to look for
        raise UnknownPainting(key.replace("\x00", ""))
    canvas = Canvas.objects.filter(key=key).values_list("pk", flat=True).first()
    found = records([canvas]) if canvas is not None else {}
    if canvas is None or canvas not in found:
        raise UnknownPainting(key)
    return found[canvas]


def ids_of(found: Iterable[Hit | Detail]) -> tuple[int, ...]:
    """The canvases of hits, in their order, each once."""
    return tuple(dict.fromkeys(one.canvas_id for one in found))


# -- the questions an address can ask ----------------------------------------------------------


def _by_words(asked: Asked) -> Results:
    cut = asked.query[:LONGEST_QUERY]
    answer = engine.by_words(cut, asked.filters.scope)
    terms, _ = words.parse(cut)
    answer = _folded(asked, replace(answer, notices=wording.notices(answer)))
    notices = answer.notices
    if cut != asked.query:
        told = gettext("Only the first %(count)d characters were looked up.")
        notices = (told % {"count": LONGEST_QUERY}, *notices)
    shown = page_of(answer.hits, asked.page)
    return Results(
        kind="words",
        asked=Asked(query=cut, filters=asked.filters, fold=asked.fold),
        cards=cards(list(shown), terms),
        found=ids_of(answer.hits),
        total=len(answer.hits),
        notices=notices,
        page=shown if shown.has_other_pages() else None,
    )


def _by_likeness(asked: Asked, record: Record) -> Results:
    answer = likeness.alike(record, asked.features, asked.filters.scope)
    return _paged("like", asked, answer, card(record))


def _by_palette(asked: Asked) -> Results:
    return _unscored("palette", asked, likeness.by_palette(asked.palette, asked.filters.scope))


def _by_sketch(asked: Asked) -> Results:
    return _unscored("sketch", asked, likeness.by_sketch(asked.sketch, asked.filters.scope))


def _unscored(kind: str, asked: Asked, answer: Answer) -> Results:
    """In their order, without a score: that is measured on pictures, which have more colours than
    anybody chooses or paints, so that it is low at best."""
    found = _paged(kind, asked, answer)
    plain = [replace(card, score=None, shares=(), faint=False) for card in found.cards]
    return replace(found, cards=plain)


def _by_detail(asked: Asked, record: Record) -> Results:
    assert asked.xywh is not None
    found = likeness.places_of(record, asked.xywh, asked.filters.scope)
    shown = page_of(found.found, asked.page)
    return Results(
        kind="detail",
        asked=asked,
        like=card(record, place=asked.xywh),
        cards=likeness.cards_of(list(shown)),
        found=ids_of(found.found),
        total=len(found.found),
        same=found.same,
        notices=found.notices,
        page=shown if shown.has_other_pages() else None,
    )


def _at_random(asked: Asked) -> Results:
    assert asked.random is not None
    answer = engine.at_random(asked.filters.scope, options.page_size, asked.random)
    return Results(
        kind="random",
        asked=asked,
        cards=cards(answer.hits),
        found=ids_of(answer.hits),
        total=len(answer.hits),
    )


def _folded(asked: Asked, answer: Answer) -> Answer:
    """Each picture once, where that is asked for. What ``answer`` says is in the reader's language;
    so is what comes to it."""
    if not asked.fold:
        return answer
    told = len(answer.notices)
    folded = fold(answer)
    more = tuple(map(wording.notice, folded.notices[told:]))
    return replace(folded, notices=(*answer.notices, *more))


def _paged(kind: str, asked: Asked, answer: Answer, like: Card | None = None) -> Results:
    answer = _folded(asked, answer)
    shown = page_of(answer.hits, asked.page)
    left_out = gettext("“%(name)s” is not compared here and was left out.")
    gone = [left_out % {"name": name} for name in asked.unknown]
    return Results(
        kind=kind,
        asked=asked,
        like=like,
        cards=cards(list(shown)),
        found=ids_of(answer.hits),
        total=len(answer.hits),
        notices=(*gone, *answer.notices),
        page=shown if shown.has_other_pages() else None,
    )
