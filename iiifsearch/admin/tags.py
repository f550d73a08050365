"""Guessed tags to decide on, as the admin shows them: the surest first, by tag, or by painting.

There may be millions of them: nothing here counts or sorts all.
"""

from __future__ import annotations

import math
from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import Http404, QueryDict
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.admin.display import change_url, number, thumbnail
from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    CollectionManifest,
    ManifestCanvas,
    State,
)
from iiifsearch.engine.tags import borne_by
from iiifsearch.models import TagGuess

Kind = TagGuess.Kind

#: Guesses, and paintings, on one page; tags on one page, and examples of each.
PAGE, PAINTINGS, GROUPS, EXAMPLES = 30, 12, 60, 4
#: Vouchers that are shown of each guess.
VOUCHERS = 5
#: The surest guesses, of which tags are counted; and how far those that are left are.
SUREST, MOST_COUNTED = 20_000, 10_000
#: Collections, and labels, to choose from.
CHOICES = 200


@dataclass(frozen=True)
class Asked:
    """What of the guesses is looked at. ``after``: the last one of the page before."""

    kind: TagGuess.Kind = Kind.MISSING
    view: str = "list"
    label: str | None = None
    tag: str = ""
    collection: Collection | None = None
    after: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """Raises Http404 for what there is not."""
        given = {key: str(query[key]).replace("\0", "") for key in query}
        kind, view = given.get("kind", Kind.MISSING), given.get("view", "list")
        if kind not in Kind.values or view not in ("list", "tags", "paintings"):
            raise Http404(
                "Guesses are missing or doubtful; shown as a list, by tag or by painting."
            )
        key = given.get("collection", "")
        collection = Collection.objects.filter(key=key).first() if key else None
        if key and collection is None:
            raise Http404(f"No collection has the key {key!r}.")
        label = given["label"] if given.get("label", "any") != "any" else None
        after = given.get("after", "")
        return cls(Kind(kind), view, label, given.get("tag", ""), collection, after)

    def url(self, **other: str) -> str:
        """The address of the same with something else; from the first page on."""
        own = {
            "kind": self.kind.value,
            "view": self.view,
            "label": "any" if self.label is None else self.label,
            "tag": self.tag,
            "collection": self.collection.key if self.collection else "",
        }
        usual = {"kind": Kind.MISSING.value, "view": "list", "label": "any"}
        chosen = {key: text for key, text in {**own, **other}.items() if text != usual.get(key, "")}
        return f"?{urlencode(chosen)}"

    def guesses(self) -> QuerySet[TagGuess]:
        """Those that are open, in no order."""
        rows = TagGuess.objects.filter(kind=self.kind, decision="")
        if self.label is not None:
            rows = rows.filter(label=self.label)
        if self.tag:
            rows = rows.filter(mark=self.tag)
        if self.collection is not None:
            single = CollectionCanvas.objects.filter(collection=self.collection)
            manifests = CollectionManifest.objects.filter(collection=self.collection)
            shown = ManifestCanvas.objects.filter(manifest__in=manifests.values("manifest_id"))
            rows = rows.filter(
                Q(canvas__in=single.values("canvas_id")) | Q(canvas__in=shown.values("canvas_id"))
            )
        return rows


@dataclass(frozen=True)
class Shown:
    """A canvas as a small picture with its name."""

    canvas: Canvas

    @property
    def url(self) -> str:
        return change_url(Canvas, self.canvas.pk)

    @property
    def picture(self) -> SafeString:
        row = getattr(self.canvas, "picture", None)
        return thumbnail(self.canvas.pk if row is not None and row.sha256 else None)


@dataclass(frozen=True)
class Guess:
    """``instead``: what the neighbours say, of a tag that might be wrong. ``more``: vouchers that
    are not shown."""

    row: TagGuess
    painting: Shown
    vouchers: list[Shown]
    more: int
    instead: str

    @property
    def percent(self) -> int:
        return math.floor(100 * self.row.relevance)


@dataclass(frozen=True)
class Group:
    """A tag, and how many paintings it is guessed of, among the surest guesses."""

    tag: str
    count: str
    percent: int
    url: str
    examples: list[Shown]


@dataclass(frozen=True)
class Painting:
    painting: Shown
    guesses: list[Guess]


@dataclass(frozen=True)
class Queue:
    """One page of the guesses that are left."""

    asked: Asked

    # -- what is shown -------------------------------------------------------------------------

    @cached_property
    def _page(self) -> list[TagGuess]:
        """One more than is shown, the surest first."""
        rows = self.asked.guesses()
        if self.asked.after:
            relevance, pk = _cursor(self.asked.after)
            rows = rows.filter(relevance__lte=relevance).exclude(relevance=relevance, pk__lte=pk)
        return list(_with_pictures(rows).order_by("-relevance", "pk")[: PAGE + 1])

    @cached_property
    def guesses(self) -> list[Guess]:
        return _guesses(self._page[:PAGE])

    @cached_property
    def _canvases(self) -> list[int]:
        """One more than are shown, in the order in which they came here."""
        rows = self.asked.guesses()
        if self.asked.after:
            rows = rows.filter(canvas_id__gt=_number(self.asked.after))
        ids = rows.order_by("canvas_id").values_list("canvas_id", flat=True).distinct()
        return list(ids[: PAINTINGS + 1])

    @cached_property
    def paintings(self) -> list[Painting]:
        rows = self.asked.guesses().filter(canvas_id__in=self._canvases[:PAINTINGS])
        found: dict[int, list[Guess]] = {}
        ordered = _with_pictures(rows).order_by("canvas_id", "-relevance", "pk")
        for guess in _guesses(list(ordered)):
            found.setdefault(guess.row.canvas_id, []).append(guess)
        return [Painting(guesses[0].painting, guesses) for guesses in found.values()]

    @cached_property
    def groups(self) -> list[Group]:
        """The tags that are guessed of most paintings, among the surest guesses."""
        rows = list(
            TagGuess.objects.filter(pk__in=self._surest.values("pk"))
            .values("mark")
            .annotate(
                label=Min("label"),
                text=Min("text"),
                count=Count("pk"),
                best=Max("relevance"),
                canvases=ArrayAgg("canvas_id", order_by="-relevance"),
            )
            .order_by("-count", "mark")[:GROUPS]
        )
        canvases = _canvases(pk for row in rows for pk in row["canvases"][:EXAMPLES])
        return [
            Group(
                str(TagGuess(label=row["label"], text=row["text"])),
                number(row["count"]),
                math.floor(100 * row["best"]),
                self.asked.url(view="list", tag=row["mark"]),
                [Shown(canvases[pk]) for pk in row["canvases"][:EXAMPLES] if pk in canvases],
            )
            for row in rows
        ]

    @property
    def next(self) -> str:
        """The address of the next page; "" on the last one."""
        if self.asked.view == "list" and len(self._page) > PAGE:
            last = self._page[PAGE - 1]
            return self.asked.url(after=f"{last.relevance!r}:{last.pk}")
        if self.asked.view == "paintings" and len(self._canvases) > PAINTINGS:
            return self.asked.url(after=str(self._canvases[PAINTINGS - 1]))
        return ""

    # -- what can be chosen --------------------------------------------------------------------

    @property
    def _surest(self) -> QuerySet[TagGuess]:
        return self.asked.guesses().order_by("-relevance", "pk")[:SUREST]

    @property
    def surest(self) -> str:
        return number(SUREST)

    @property
    def kinds(self) -> list[tuple[str, str, str, bool]]:
        """Address, name, number that is left, and whether it is shown."""
        names = {
            Kind.MISSING: gettext("Tags that might be said"),
            Kind.DOUBTFUL: gettext("Tags that might be wrong"),
        }
        return [
            (self.asked.url(kind=kind, tag=""), names[kind], left(kind), kind == self.asked.kind)
            for kind in Kind
        ]

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        names = {
            "list": gettext("the surest first"),
            "tags": gettext("by tag"),
            "paintings": gettext("by painting"),
        }
        return [
            (self.asked.url(view=view), name, view == self.asked.view)
            for view, name in names.items()
        ]

    @cached_property
    def labels(self) -> list[str]:
        """Labels among the surest guesses, whatever is chosen now."""
        rows = TagGuess.objects.filter(kind=self.asked.kind, decision="")
        some = rows.order_by("-relevance", "pk")[:SUREST]
        found = TagGuess.objects.filter(pk__in=some.values("pk")).order_by("label")
        labels = set(found.values_list("label", flat=True).distinct()[:CHOICES])
        return sorted(labels | ({self.asked.label} if self.asked.label is not None else set()))

    @cached_property
    def collections(self) -> list[Collection]:
        found = Collection.objects.exclude(state=State.WITHDRAWN).order_by("title", "pk")
        some = list(found.only("key", "title")[:CHOICES])
        asked = self.asked.collection
        return some if asked is None or asked in some else [asked, *some]

    @cached_property
    def tag(self) -> str:
        """What the tag is called that is shown alone; "" where more are."""
        if not self.asked.tag:
            return ""
        one = next((guess.row for guess in self.guesses), None)
        return str(one) if one else self.asked.tag.strip().replace("\n", ": ")


def left(kind: str) -> str:
    """How many guesses are open; no further than can be counted at once."""
    rows = TagGuess.objects.filter(kind=kind, decision="")
    count = rows[: MOST_COUNTED + 1].count()
    return number(count) if count <= MOST_COUNTED else f"{number(MOST_COUNTED)}+"


def _cursor(after: str) -> tuple[float, int]:
    """Raises Http404."""
    relevance, _, pk = after.partition(":")
    try:
        found = float(relevance)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Http404(f"{after!r} is no place among the guesses.")
    return found, _number(pk)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404(f"{text!r} is no number of a row.")
    return int(text)


def _with_pictures(rows: QuerySet[TagGuess]) -> QuerySet[TagGuess]:
    own = [field.attname for field in TagGuess._meta.concrete_fields]
    shown = ("title", "maker", "raw_id", "picture__sha256")
    return rows.select_related("canvas__picture").only(*own, *(f"canvas__{name}" for name in shown))


def _canvases(ids: Iterable[int]) -> dict[int, Canvas]:
    rows = Canvas.objects.exclude(state=State.WITHDRAWN).select_related("picture")
    return rows.only("title", "maker", "raw_id", "picture__sha256").in_bulk(list(set(ids)))


def _guesses(rows: Sequence[TagGuess]) -> list[Guess]:
    canvases = _canvases(pk for row in rows for pk in row.vouchers[:VOUCHERS])
    instead = _instead([row for row in rows if row.kind == Kind.DOUBTFUL])
    found = []
    for row in rows:
        shown = [Shown(canvases[pk]) for pk in row.vouchers[:VOUCHERS] if pk in canvases]
        more = max(0, len(row.vouchers) - VOUCHERS)
        found.append(Guess(row, Shown(row.canvas), shown, more, instead.get(row.pk, "")))
    return found


def _instead(rows: Several[TagGuess]) -> dict[int, str]:
    """What the nearest neighbour says under the label of each doubtful tag."""
    borne = borne_by({row.vouchers[0] for row in rows if row.vouchers})
    found = {}
    for row in rows:
        kind = row.mark.partition("\n")[0]
        theirs = borne.get(row.vouchers[0], {}) if row.vouchers else {}
        found[row.pk] = next((tag.text for tag in theirs.values() if tag.kind == kind), "")
    return found
