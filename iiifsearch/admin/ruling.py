"""The page of the rule that fills a collection: what it says, what it would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from catalog.admin.display import change_url, thumbnail
from catalog.admin.permissions import may_edit
from catalog.collecting import NotCurated
from catalog.models import Canvas, Collection, Manifest, State
from iiifsearch.admin.rule_form import RuleForm, initial
from iiifsearch.engine.filters import RIGHTS_GROUPS
from iiifsearch.rules.fill import Compared, compare, fill, first_found, set_rule, stop
from iiifsearch.rules.finding import MOST, CannotFill
from iiifsearch.rules.rule import BadRule, Rule, read
from iiifsearch.rules.sentences import sentences

#: Paintings that a preview shows, and collections that are offered to look in.
SHOWN, MOST_OFFERED = 24, 200


@dataclass(frozen=True)
class Preview:
    """What a rule would do to the collection now. ``sample``: (canvas, its picture) of the first
    that it finds."""

    compared: Compared
    sample: list[tuple[Canvas, SafeString]]
    sentences: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the rule, or with ``look`` the one that is sent, and what it finds. POST: ``action`` is
    "save", which fills too, "fill", or "stop"."""
    curated = Collection.objects.filter(uri="").exclude(state=State.WITHDRAWN)
    collection = get_object_or_404(curated, pk=pk)
    if not may_edit(request.user, collection):
        raise PermissionDenied
    form, problem = _form(request, collection)
    if request.method == "POST" and _done(request, collection, form):
        return redirect("admin_collection_rule", pk=pk)
    preview = None
    wanted = form.rule if form.is_bound and form.is_valid() else _saved(collection)
    if wanted is not None and not (form.is_bound and form.errors):
        try:
            preview = _preview(wanted, collection)
        except CannotFill as error:
            problem = problem or str(error)
    context = {
        **admin.site.each_context(request),
        "title": gettext("What fills “%(title)s”") % {"title": collection},
        "collection": collection,
        "collection_url": change_url(Collection, collection.pk),
        "form": form,
        "problem": problem,
        "preview": preview,
        "unsaved": form.is_bound,
        "most": MOST,
        "left_out": len(kept.without) if (kept := _saved(collection)) else 0,
        "rights_groups": list(RIGHTS_GROUPS),
        "sources": _sources(collection),
    }
    return TemplateResponse(request, "admin/iiifsearch/rule.html", context)


def _form(request: HttpRequest, collection: Collection) -> tuple[RuleForm, str]:
    """The form, and what is wrong with the rule that is saved."""
    if request.method == "POST" and request.POST.get("action") == "save":
        return RuleForm(request.POST), ""
    if request.method != "POST" and "look" in request.GET:
        return RuleForm(request.GET), ""
    if collection.rule is None:
        return RuleForm(initial={"least": Rule.least, "most": Rule.most}), ""
    try:
        return RuleForm(initial=initial(read(collection.rule))), ""
    except BadRule as error:
        return RuleForm(), gettext("The rule cannot be read: %(reason)s") % {"reason": error}


def _saved(collection: Collection) -> Rule | None:
    try:
        return None if collection.rule is None else read(collection.rule)
    except BadRule:
        return None


def _done(request: HttpRequest, collection: Collection, form: RuleForm) -> bool:
    """Do what was asked, and say so; False where the form must be shown again."""
    action = request.POST.get("action", "")
    try:
        if action == "save":
            if not form.is_valid():
                return False
            set_rule(collection, form.rule, by=request.user)
            messages.success(request, gettext("The rule was saved."))
        elif action == "stop":
            stop(collection, by=request.user)
            text = gettext("Nothing fills %(title)s any more; what is in it stays.")
            messages.success(request, text % {"title": collection})
        if action in ("save", "fill"):
            _fill(request, collection)
    except (BadRule, CannotFill, NotCurated) as error:
        text = gettext("Nothing was filled: %(reason)s")
        messages.error(request, text % {"reason": error})
    return True


def _fill(request: HttpRequest, collection: Collection) -> None:
    """Raises what `fill` does."""
    filled = fill(collection, by=request.user)
    came = ngettext("%(n)d painting came", "%(n)d paintings came", filled.added)
    went = ngettext("%(n)d went.", "%(n)d went.", filled.removed)
    text = f"{came % {'n': filled.added}}, {went % {'n': filled.removed}}"
    if filled.capped:
        first = gettext("The rule finds more than it may take: only the first %(most)d are in.")
        text += f" {first % {'most': MOST}}"
    (messages.warning if filled.capped else messages.success)(request, text)


def _preview(wanted: Rule, collection: Collection) -> Preview:
    """Raises CannotFill. What was taken out by hand is left out of it."""
    saved = _saved(collection)
    wanted = read(wanted.written() | {"without": list(saved.without if saved else ())})
    ids = first_found(wanted, collection, SHOWN)
    rows: dict[int, Any] = Canvas.objects.select_related("picture").in_bulk(ids)
    sample = [(rows[pk], _small(rows[pk])) for pk in ids if pk in rows]
    return Preview(compare(wanted, collection), sample, sentences(wanted, _source(wanted)))


def _source(wanted: Rule) -> str:
    """The title of what it looks in; "" where that is the whole library."""
    if wanted.collection:
        return str(Collection.objects.get(key=wanted.collection))
    return str(Manifest.objects.get(key=wanted.manifest)) if wanted.manifest else ""


def _small(canvas: Canvas) -> SafeString:
    picture = getattr(canvas, "picture", None)
    return thumbnail(canvas.pk if picture is not None and picture.sha256 else None)


def _sources(collection: Collection) -> list[Collection]:
    """Collections that the rule can look in, the harvested ones first."""
    rows = Collection.objects.filter(state=State.PUBLISHED).exclude(pk=collection.pk)
    return list(rows.order_by("-uri", "title").only("key", "title")[:MOST_OFFERED])
