"""What the search page shows: from what a visitor asked to a page of cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.http import urlencode

from catalog.images import ImageError
from catalog.models import Canvas, ManifestCanvas, State
from iiifsearch.conf import options
from iiifsearch.engine import search as engine
from iiifsearch.engine import words
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.pages import wording
from iiifsearch.pages.cards import Card, card, cards, has_picture
from iiifsearch.records import Record, records
from iiifsearch.uploads import picture_of_upload

#: Longer queries are cut off: an encoder of sentences reads no further, and a URL has its limits.
LONGEST_QUERY = 1500
RECENT = 8
#: Hits shown for an upload, which has no second page: the picture is gone by then.
UPLOAD_HITS = 40


class UnknownPainting(LookupError):
    """No public painting has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"No painting with the key “{key[:40]}” is published here.")


class TooOften(Exception):
    """More pictures were sent in a while than one visitor may have looked at."""


@dataclass(frozen=True)
class Results:
    """A page of an answer. ``asked``: "words", "like", "picture" or, for none, "".

    ``total``: hits on all pages. ``page``: None where there is only one.
    """

    asked: str = ""
    query: str = ""
    like: Card | None = None
    cards: Sequence[Card] = ()
    total: int = 0
    notices: tuple[str, ...] = ()
    page: Page[Hit] | None = None
    recent: Sequence[Card] = ()

    def page_url(self, number: int) -> str:
        """The address of another page of the same answer."""
        asked = {"like": self.like.record.canvas.key} if self.like else {"q": self.query}
        paged = {"page": str(number)} if number > 1 else {}
        return f"{reverse('search')}?{urlencode(asked | paged)}"

    @property
    def pages(self) -> Iterator[tuple[int | None, str]]:
        """(number, address) of the pages to link to; (None, "") stands for a gap."""
        if self.page is not None:
            listed = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1)
            for number in listed:
                yield (number, self.page_url(number)) if isinstance(number, int) else (None, "")

    @property
    def previous_url(self) -> str:
        there = self.page is not None and self.page.has_previous()
        return self.page_url(self.page.number - 1) if there and self.page else ""

    @property
    def next_url(self) -> str:
        there = self.page is not None and self.page.has_next()
        return self.page_url(self.page.number + 1) if there and self.page else ""


def by_parameters(parameters: Mapping[str, str]) -> Results:
    """The answer to the parameters of a URL. Raises UnknownPainting, `ml.errors.MLError`."""
    query = parameters.get("q", "").replace("\x00", " ").strip()
    page = parameters.get("page", "1")
    if parameters.get("like"):
        return _by_likeness(parameters["like"], page)
    return _by_words(query, page) if query else Results(recent=recent())


def by_upload(upload: UploadedFile) -> Results:
    """Paintings that look like an uploaded picture, which is not kept.

    Raises `catalog.decode.PictureError`, `ml.errors.MLError`.
    """
    answer = engine.by_picture(picture_of_upload(upload))
    return Results(
        asked="picture",
        cards=cards(answer.hits[:UPLOAD_HITS]),
        total=len(answer.hits),
        notices=wording.notices(answer),
    )


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


def alike(record: Record) -> Answer:
    """Paintings that look like this one; none, with the reason, where it cannot be told yet.

    A visitor's request never waits for another museum's server: a picture that is not kept here
    is not fetched.
    """
    if not has_picture(record):
        return Answer((), ("Its picture has not been looked at yet.",))
    try:
        return engine.by_canvas(record.canvas)
    except ImageError as error:
        return Answer((), (f"Its picture cannot be looked at: {error}",))


# -- the two questions a URL can ask -----------------------------------------------------------


def _by_words(query: str, page: str) -> Results:
    cut = query[:LONGEST_QUERY]
    answer = engine.by_words(cut)
    terms, _ = words.parse(cut)
    notices = wording.notices(answer)
    if cut != query:
        notices = (f"Only the first {LONGEST_QUERY} characters were looked up.", *notices)
    shown = _page(answer, page)
    return Results(
        asked="words",
        query=cut,
        cards=cards(list(shown), terms),
        total=len(answer.hits),
        notices=notices,
        page=shown if shown.has_other_pages() else None,
    )


def _by_likeness(key: str, page: str) -> Results:
    record = painting_record(key)
    answer = alike(record)
    shown = _page(answer, page)
    return Results(
        asked="like",
        like=card(record),
        cards=cards(list(shown)),
        total=len(answer.hits),
        notices=wording.notices(answer),
        page=shown if shown.has_other_pages() else None,
    )


def _page(answer: Answer, number: str) -> Page[Hit]:
    """The page of that number; the first or the last one for what is no number of a page."""
    return Paginator(answer.hits, options.page_size).get_page(number)
