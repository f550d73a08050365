"""Adding what a public page lists to a collection: what was ticked there, or the best of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from catalog import collecting
from catalog.admin.display import change_url, shortened, thumbnail
from catalog.admin.permissions import editable, may_edit
from catalog.models import Canvas, Collection, CollectionCanvas, ManifestCanvas, State
from iiifsearch.pages.picking import MOST_PICKED, best
from iiifsearch.pages.problems import PROBLEMS, problem_of

#: Collections that are offered: those that were changed last.
MOST_OFFERED = 200
#: Collections that are named of those which a painting is in already.
_NAMED = 3
#: No canvas has this id.
_UNKNOWN = 0


class CollectionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{shortened(obj.title, 80)} ({obj.get_state_display()})"


class FillForm(forms.Form):
    """A collection that ``user`` may change, by choice or by its title; or the title of a new one,
    where they may make any."""

    collection = CollectionField(
        Collection.objects.none(), required=False, label=_("Collection"), empty_label=_("a new one")
    )
    other = forms.CharField(
        max_length=500,
        required=False,
        label=_("Title of another one"),
        help_text=_("Only the %(most)d that were changed last are offered above.")
        % {"most": MOST_OFFERED},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    title = forms.CharField(
        max_length=500,
        required=False,
        label=_("Title of the new one"),
        help_text=_("It begins as a draft, which only curators see."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._editable = editable(user).order_by("-modified_at", "-pk")
        offered = list(self._editable.values_list("pk", flat=True)[: MOST_OFFERED + 1])
        choice: Any = self.fields["collection"]
        choice.queryset = self._editable.filter(pk__in=offered[:MOST_OFFERED])
        if len(offered) <= MOST_OFFERED:
            del self.fields["other"]
        if not user.has_perm("catalog.add_collection"):
            del self.fields["title"]
            choice.empty_label = gettext("choose one")

    def clean_other(self) -> Collection | None:
        title = self.cleaned_data["other"]
        found = list(self._editable.filter(title__iexact=title)[:2]) if title else []
        if title and len(found) != 1:
            several = gettext("Several collections have this title: rename one of them.")
            none = gettext("No collection that you may change has this title.")
            raise forms.ValidationError(several if found else none)
        return found[0] if found else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        told = [data.get(name) for name in ("collection", "other", "title")]
        if not self.errors and sum(map(bool, told)) != 1:
            one = gettext("Choose one collection.")
            new = gettext("Choose a collection, or give a new one its title.")
            raise forms.ValidationError(new if "title" in self.fields else one)
        return data

    def chosen(self, user: Any) -> Collection:
        """The collection; a new one is made now."""
        data = self.cleaned_data
        there: Collection | None = data["collection"] or data.get("other")
        return there or collecting.create(data["title"], by=user)


@dataclass(frozen=True)
class Picked:
    """A painting that is to be added. ``within``: what it is in already, of the collections that
    may be changed."""

    canvas: Canvas
    picture: SafeString
    within: str


@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: HttpRequest) -> HttpResponse:
    """GET: what was picked on a public page, and which collection shall have it. POST: add it.

    ``of``: the page's address. ``take``: "ticked" (``canvas``: keys), "page" (``shown``: keys) or
    "best" (``best``: how many of what the page's question finds).
    """
    user = request.user
    if not may_edit(user):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else request.GET
    back = _own_page(request, sent.get("of", ""))
    status, problem = 200, ""
    ids: Sequence[int] = ()
    try:
        ids = _picked(sent)
    except PROBLEMS as error:
        found = problem_of(error)
        status, problem = found.status, f"{found.title}: {found.text}"
    cut = len(ids) > MOST_PICKED
    canvases = _public(ids[:MOST_PICKED])
    form = FillForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and canvases and form.is_valid():
        return _added(request, form, [canvas.pk for canvas in canvases], back)
    if not problem and not canvases:
        problem = gettext("No painting was picked.")
        status = 400 if request.method == "POST" else 200
    context = {
        **admin.site.each_context(request),
        "title": gettext("Add to a collection"),
        "picked": _shown(canvases, user),
        "problem": problem,
        "cut": MOST_PICKED if cut else 0,
        "gone": len(ids[:MOST_PICKED]) - len(canvases),
        "form": form,
        "back": back,
        "of": sent.get("of", ""),
    }
    return TemplateResponse(request, "admin/iiifsearch/fill.html", context, status=status)


def _picked(sent: Any) -> Sequence[int]:
    """Ids of what was picked, in the order of the page. Raises as `picking.best` does."""
    if sent.get("take") == "best":
        count = sent.get("best", "")
        asked = int(count) if count.isdecimal() and len(count) < 9 else MOST_PICKED
        return best(sent.get("of", ""), max(1, min(asked, MOST_PICKED + 1)))
    keys = sent.get("shown", "").split() if sent.get("take") == "page" else sent.getlist("canvas")
    keys = list(dict.fromkeys(key.replace("\x00", "") for key in keys))[: MOST_PICKED + 1]
    known = dict(Canvas.objects.filter(key__in=keys).values_list("key", "pk"))
    return [known.get(key, _UNKNOWN) for key in keys]


def _public(ids: Sequence[int]) -> list[Canvas]:
    """The canvases of ``ids`` that everybody may see, in the same order."""
    shown = ManifestCanvas.objects.filter(canvas=OuterRef("pk"), manifest__state=State.PUBLISHED)
    rows = Canvas.objects.filter(Exists(shown), pk__in=ids, state=State.PUBLISHED)
    found = {row.pk: row for row in rows.select_related("picture").defer("metadata")}
    return [found[pk] for pk in ids if pk in found]


def _shown(canvases: Sequence[Canvas], user: Any) -> list[Picked]:
    members = CollectionCanvas.objects.filter(
        canvas__in=[canvas.pk for canvas in canvases], collection__in=editable(user)
    )
    within: dict[int, list[str]] = {}
    for canvas_id, title in members.order_by("collection__title").values_list(
        "canvas_id", "collection__title"
    ):
        within.setdefault(canvas_id, []).append(title)
    return [
        Picked(canvas, _small(canvas), _named(within.get(canvas.pk, ()))) for canvas in canvases
    ]


def _small(canvas: Canvas) -> SafeString:
    picture = getattr(canvas, "picture", None)
    return thumbnail(canvas.pk if picture is not None and picture.sha256 else None)


def _named(titles: Iterable[str]) -> str:
    listed = [shortened(title, 40) for title in titles]
    more = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" + {more}" if more > 0 else "")


def _added(request: HttpRequest, form: FillForm, ids: list[int], back: str) -> HttpResponse:
    user: Any = request.user
    try:
        with transaction.atomic():
            collection = form.chosen(user)
            count = collecting.add(collection, ids, by=user)
    except collecting.NotCurated as error:  # somebody withdrew it in between
        messages.error(request, str(error))
        return redirect(back or "admin:index")
    text = ngettext(
        "%(n)d canvas added to %(title)s.", "%(n)d canvases added to %(title)s.", count
    ) % {"n": count, "title": collection.title}
    if already := len(ids) - count:
        there = ngettext("%(n)d was in it already.", "%(n)d were in it already.", already)
        text += f" {there % {'n': already}}"
    (messages.success if count else messages.warning)(request, text)
    if user.has_perm("catalog.view_collection") or may_edit(user, collection):
        return redirect(change_url(Collection, collection.pk))
    return redirect(back or "admin:index")


def _own_page(request: HttpRequest, address: str) -> str:
    """The address of a page of ours; "" for any other."""
    own = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if own and address.startswith("/") else ""
