"""The page on which a collection is put in order: its paintings, or the collections in it.

Every member has a number, its place; the numbers that differ from what was shown say what moves
where, whether they were typed or a script wrote them (`catalog/admin/order.js`). So what somebody
else did meanwhile is never undone but where both moved the same, and nobody is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from catalog import collecting
from catalog.admin.display import change_url, list_url, pill, thumbnail
from catalog.admin.permissions import may_edit
from catalog.models import Canvas, Collection, CollectionCanvas, State

#: Members on one page. Each has two fields, of the thousand that Django lets a form have.
PER_PAGE = 200

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_ID = re.compile(r"\d{1,18}", re.ASCII)


class NoPlace(ValueError):
    """Something was typed that is no place; the message says what, for the reader."""

    def __init__(self, typed: str) -> None:
        text = gettext("“%(typed)s” is no place: write a whole number, from 1. Nothing was saved.")
        super().__init__(text % {"typed": typed[:40]})


@dataclass(frozen=True)
class Sent:
    """What the form of the page says. Places are from 1, within all that there is.

    ``shown``: ids in the order they were shown in, the first of them at place ``first``;
    ``typed``: id -> what its number field holds; ``as_of``: what was changed last by then.
    """

    shown: list[int]
    first: int
    typed: dict[int, str]
    chosen: list[int]
    to: str
    cover: int | None
    do: str
    as_of: str

    @classmethod
    def read(cls, post: Any) -> Sent:
        """Raises BadRequest where the answer is not that of the form."""
        shown, first = post.get("shown", ""), post.get("first", "")
        ids = shown.split(",") if shown else []
        cover, chosen = post.get("cover"), post.getlist("chosen")
        sound = all(_ID.fullmatch(each) for each in [*ids, *chosen, *([cover] if cover else [])])
        if not sound or not _NUMBER.fullmatch(first) or len(ids) > PER_PAGE:
            raise BadRequest("This is not what the form of the order sends.")
        return cls(
            shown=[int(pk) for pk in ids],
            first=int(first),
            typed={int(pk): post.get(f"place-{pk}", "").strip() for pk in ids},
            chosen=list(dict.fromkeys(int(pk) for pk in chosen)),
            to=post.get("to", "").strip(),
            cover=int(cover) if cover else None,
            do="cover" if cover else post.get("do", "save"),
            as_of=post.get("as_of", ""),
        )

    @property
    def places(self) -> dict[int, int]:
        """What is to move, and where to. Raises NoPlace."""
        found = {pk: _place(typed) for pk, typed in self.typed.items()}
        was = {pk: self.first + index for index, pk in enumerate(self.shown)}
        return {pk: place for pk, place in found.items() if place != was[pk]}

    @property
    def target(self) -> int:
        """Where the chosen ones are to go. Raises NoPlace."""
        return _place(self.to)


def _place(typed: str) -> int:
    if not _NUMBER.fullmatch(typed) or int(typed) < 1:
        raise NoPlace(typed)
    return int(typed)


@dataclass(frozen=True)
class Card:
    """One member; ``place`` is a number, or what was typed that is none."""

    pk: int
    place: int | str
    title: str
    url: str
    picture: SafeString | str = ""
    pills: Sequence[SafeString] = field(default_factory=tuple)
    is_cover: bool = False


class Ordering(admin.ModelAdmin):
    """Three pages of one kind: the paintings of a collection, the collections in it, and those
    that are in no other."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "catalog_collection_order"
        within = wrap(self.order_within_view)
        return [
            path("order/", wrap(self.order_top_view), name=f"{name}_top"),
            path("<int:pk>/order/", wrap(self.order_view), name=name),
            path("<int:pk>/order/collections/", within, name=f"{name}_within"),
            *super().get_urls(),
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def order_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The paintings of a curated collection."""
        collection = get_object_or_404(Collection, pk=pk, uri="")
        may = may_edit(request.user, collection) and collection.state != State.WITHDRAWN
        self._refuse(request, collection, may)
        typed: dict[int, str] = {}
        if request.method == "POST":
            sent = Sent.read(request.POST)
            try:
                self._act(request, collection, sent)
            except NoPlace as error:
                messages.error(request, str(error))
                typed = sent.typed
            else:
                return self._back(request)
        rows = CollectionCanvas.objects.filter(collection=collection)
        ordered = rows.order_by("position", "pk").select_related("canvas__picture")
        columns = ("by_rule", *(f"canvas__{name}" for name in ("title", "raw_id", "state")))
        shown = ordered.only("canvas_id", "collection_id", *columns, "canvas__picture__sha256")
        page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
        cards = [
            _painting(row, typed.get(row.canvas_id, place), row.canvas_id == collection.cover_id)
            for place, row in enumerate(page, page.start_index())
        ]
        title = gettext("Order of %(title)s") % {"title": collection.title}
        return self._page(request, title, collection, page, cards, may=may, of="paintings")

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def order_within_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The collections in a curated collection."""
        collection = get_object_or_404(Collection, pk=pk, uri="")
        may = may_edit(request.user, collection) and collection.state != State.WITHDRAWN
        self._refuse(request, collection, may)
        title = gettext("Order of the collections in %(title)s") % {"title": collection.title}
        return self._collections(request, title, collection, may)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def order_top_view(self, request: HttpRequest) -> HttpResponse:
        """The collections that are in no other: whoever may change every one orders them."""
        may = may_edit(request.user) and request.user.has_perm("catalog.change_every_collection")
        self._refuse(request, None, may)
        return self._collections(request, gettext("Order of the collections"), None, may)

    def _refuse(self, request: HttpRequest, collection: Collection | None, may: bool) -> None:
        """Raises PermissionDenied: to look is one thing, to change another."""
        if not self.has_view_permission(request, collection) or (
            request.method == "POST" and not may
        ):
            raise PermissionDenied

    # -- acting --------------------------------------------------------------------------------

    def _act(self, request: HttpRequest, collection: Collection, sent: Sent) -> None:
        """First what was put in order, then what is asked besides. Raises NoPlace, and then
        nothing is done."""
        places = sent.places
        to = sent.target if sent.do == "move" else 0
        by = request.user
        _say_what_else_happened(request, collection, sent)
        if places and collecting.arrange(collection, places, by=by):
            messages.success(request, gettext("The order is saved."))
        if sent.do in ("move", "remove") and not sent.chosen:
            messages.warning(request, gettext("Nothing is chosen."))
        elif sent.do == "move":
            if collecting.move(collection, sent.chosen, to, by=by):
                text = ngettext("%(n)d painting moved.", "%(n)d paintings moved.", len(sent.chosen))
                messages.success(request, text % {"n": len(sent.chosen)})
        elif sent.do == "remove":
            count = collecting.remove(collection, sent.chosen, by=by)
            text = ngettext("%(n)d painting removed.", "%(n)d paintings removed.", count)
            messages.success(request, text % {"n": count})
        elif sent.do in ("cover", "no-cover") and collecting.set_cover(
            collection, sent.cover, by=by
        ):
            messages.success(request, gettext("The cover is another now."))

    def _collections(
        self, request: HttpRequest, title: str, parent: Collection | None, may: bool
    ) -> HttpResponse:
        typed: dict[int, str] = {}
        if request.method == "POST":
            sent = Sent.read(request.POST)
            try:
                places = sent.places
            except NoPlace as error:
                messages.error(request, str(error))
                typed = sent.typed
            else:
                if parent is not None:
                    _say_what_else_happened(request, parent, sent)
                if places and collecting.arrange_within(parent, places, by=request.user):
                    messages.success(request, gettext("The order is saved."))
                return self._back(request)
        rows = collecting.within(parent).only("title", "state")
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        cards = [
            Card(
                row.pk,
                typed.get(row.pk, place),
                row.title,
                change_url(Collection, row.pk),
                pills=_pills(row.state, row.get_state_display()),
            )
            for place, row in enumerate(page, page.start_index())
        ]
        return self._page(request, title, parent, page, cards, may=may, of="collections")

    # -- showing -------------------------------------------------------------------------------

    def _back(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(request.get_full_path())

    def _page(
        self,
        request: HttpRequest,
        title: str,
        collection: Collection | None,
        page: Page[Any],
        cards: list[Card],
        **more: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "collection": collection,
            "as_of": collection.modified_at.isoformat() if collection else "",
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "cards": cards,
            "shown": ",".join(str(card.pk) for card in cards),
            "canvases_url": list_url(Canvas),
            "tabs": _tabs(collection),
            **more,
        }
        return TemplateResponse(request, "admin/catalog/collection/order.html", context)


def _say_what_else_happened(request: HttpRequest, collection: Collection, sent: Sent) -> None:
    if sent.as_of and sent.as_of != collection.modified_at.isoformat():
        text = gettext(
            "The collection was changed since this page was opened. Nothing of it is lost: what "
            "came meanwhile is there, what was removed stays away. Look whether the order is what "
            "you meant."
        )
        messages.warning(request, text)


def _painting(row: CollectionCanvas, place: int | str, is_cover: bool) -> Card:
    canvas = row.canvas
    picture = getattr(canvas, "picture", None)
    by_rule = [pill("by-rule", gettext("by rule"))] if row.by_rule else []
    return Card(
        canvas.pk,
        place,
        str(canvas),
        change_url(Canvas, canvas.pk),
        thumbnail(canvas.pk if picture and picture.sha256 else None),
        [*_pills(canvas.state, canvas.get_state_display()), *by_rule],
        is_cover,
    )


def _pills(state: str, name: str) -> list[SafeString]:
    """What is public needs no word."""
    return [] if state == State.PUBLISHED else [pill(state, name)]


def _tabs(collection: Collection | None) -> list[tuple[str, str, str]]:
    """(of what, address, name) of the pages of one collection."""
    if collection is None:
        return []
    return [
        ("paintings", _url(collection, ""), gettext("Paintings")),
        ("collections", _url(collection, "_within"), gettext("Collections in it")),
    ]


def _url(collection: Collection, which: str) -> str:
    return reverse(f"admin:catalog_collection_order{which}", args=[collection.pk])
