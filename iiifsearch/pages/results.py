"""A page of an answer, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext

from iiifsearch.conf import options
from iiifsearch.engine.query import PALETTE, SKETCH
from iiifsearch.engine.recognise import switched_on
from iiifsearch.pages import wording
from iiifsearch.pages.asked import MOST_COLOURS, Asked
from iiifsearch.pages.cards import Card
from iiifsearch.pages.sketch import ShownSketch

#: Colours that the form begins with: a sky, an earth, a light, a red, a dark.
_FIRST_COLOURS = ("#33546b", "#8a6a3f", "#e6d8b5", "#8c2f1b", "#2b2a26")


@dataclass(frozen=True)
class Weight:
    """A live feature in the form: how much it counts now, 0 to 1."""

    feature: wording.Feature
    weight: float


@dataclass(frozen=True)
class Choice:
    """A preset as a link."""

    preset: wording.Preset
    url: str
    current: bool


@dataclass(frozen=True)
class Results:
    """``kind``: "words", "like", "detail", "palette", "sketch", "random"; of a sent picture
    "picture", "which", "picture-detail"; "" where nothing was asked.

    ``like``: the painting that was asked with. ``found``: ids of the canvases on all pages, best
    first. ``total``: hits on all pages. ``page``: None where there is only one. ``same``: how many
    show the same detail. ``verdict``: what is said of a sent picture as a whole. ``want``: what
    the form for pictures is set to.
    """

    kind: str = ""
    asked: Asked = field(default_factory=Asked)
    like: Card | None = None
    cards: Sequence[Card] = ()
    found: Sequence[int] = ()
    total: int = 0
    notices: tuple[str, ...] = ()
    page: Page[Any] | None = None
    recent: Sequence[Card] = ()
    same: int = 0
    verdict: str = ""
    want: str = "alike"

    @property
    def sent(self) -> bool:
        """Whether it answers a picture of the visitor's own."""
        return self.kind in ("picture", "which", "picture-detail")

    @property
    def total_alike(self) -> int:
        return self.total - self.same

    # -- pages

    @property
    def address(self) -> str:
        """Of its first page, which says the whole question; "" where no address does."""
        return "" if self.sent or not self.kind else self.asked.url()

    @property
    def pages(self) -> Iterator[tuple[int | None, str]]:
        """(number, address) of the pages to link to; (None, "") stands for a gap."""
        if self.page is not None:
            listed = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1)
            for number in listed:
                yield (number, self.asked.url(number)) if isinstance(number, int) else (None, "")

    @property
    def previous_url(self) -> str:
        there = self.page is not None and self.page.has_previous()
        return self.asked.url(self.page.number - 1) if there and self.page else ""

    @property
    def next_url(self) -> str:
        there = self.page is not None and self.page.has_next()
        return self.asked.url(self.page.number + 1) if there and self.page else ""

    # -- what can be asked instead

    @property
    def choices(self) -> list[Choice]:
        """The presets, and which of them this answer is by."""
        return [
            Choice(preset, self.asked.url(features=preset.features), self._is_by(preset))
            for preset in wording.presets()
        ]

    def _is_by(self, preset: wording.Preset) -> bool:
        return dict(self.asked.features) == dict(preset.features)

    @property
    def line(self) -> str:
        """What the answer goes by, in a sentence."""
        line = next((choice.preset.line for choice in self.choices if choice.current), "")
        own = gettext("By weights of your own: %(weights)s.")
        return str(line) or own % {"weights": wording.weights(self.asked.features)}

    @property
    def weights(self) -> list[Weight]:
        now = dict(self.asked.features or options.features)
        return [Weight(f, min(1.0, now.get(f.key, 0.0))) for f in wording.features()]

    @property
    def for_weights(self) -> list[tuple[str, str]]:
        return self.asked.hidden("features")

    @property
    def refinable(self) -> bool:
        return self.kind in ("words", "like", "detail", "palette", "sketch", "random")

    @property
    def limits(self) -> str:
        """The limits that hold, in words."""
        return wording.limits(self.asked.filters)

    @property
    def rights_groups(self) -> tuple[tuple[str, wording.Text], ...]:
        return wording.RIGHTS_GROUPS

    @property
    def recognising(self) -> bool:
        """Whether it can be told which painting a picture shows."""
        return switched_on()

    @property
    def wants(self) -> list[tuple[str, wording.Text]]:
        """What the form for pictures offers: (value, text)."""
        return [want for want in wording.WANTS if self.recognising or want[0] != "which"]

    @property
    def for_colours(self) -> list[tuple[str, str]]:
        """The limits, which other colours, or another sketch, keep."""
        return Asked(filters=self.asked.filters).hidden()

    @property
    def for_filters(self) -> list[tuple[str, str]]:
        return self.asked.hidden("maker", "from", "to", "type", "rights", "fold")

    @property
    def foldable(self) -> bool:
        """Whether the same pictures can be asked for once."""
        return self.kind in ("words", "like", "palette", "sketch")

    @property
    def unfiltered_url(self) -> str:
        return self.asked.url(filters=type(self.asked.filters)())

    @property
    def whole_url(self) -> str:
        """The same question of the whole picture."""
        return self.asked.url(xywh=None)

    @property
    def another_url(self) -> str:
        """Other paintings drawn by chance, within the same limits."""
        return f"{self.asked.url(random=None)}&random=".replace("?&", "?")

    @property
    def palettes(self) -> bool:
        return PALETTE in options.image_encoders

    @property
    def colours(self) -> list[tuple[str, int]]:
        """(colour, percent) of every row of the form."""
        chosen = [(colour, round(100 * share)) for colour, share in self.asked.palette]
        taken = dict(chosen)
        left = [(colour, 0) for colour in _FIRST_COLOURS if colour not in taken]
        if not chosen:
            left[:2] = [(left[0][0], 60), (left[1][0], 40)]
        return (chosen + left)[:MOST_COLOURS]

    @property
    def sketches(self) -> bool:
        return SKETCH in options.image_encoders

    @property
    def sketch(self) -> ShownSketch:
        return ShownSketch(self.asked.sketch)

    @property
    def paints(self) -> tuple[tuple[str, wording.Text], ...]:
        """(colour, name) of what a sketch can be painted with."""
        return wording.PAINTS

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """(colour, where it begins, how wide it is) of the palette as a bar of 100."""
        whole = sum(share for _, share in self.asked.palette)
        parts, at = [], 0.0
        for colour, share in self.asked.palette:
            parts.append((colour, at, 100 * share / whole))
            at += 100 * share / whole
        return parts


def page_of(found: Sequence[Any], number: str) -> Page[Any]:
    """The page of that number; the first or the last one for what is no number of a page."""
    return Paginator(found, options.page_size).get_page(number)
