"""The views of classes taught by example: permission, one service, one template."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalog.admin.permissions import may_edit
from catalog.models import Collection, State
from iiifsearch.admin import taught
from iiifsearch.admin.chosen import Chosen
from iiifsearch.admin.decisions import undoable
from iiifsearch.decisions import batch
from iiifsearch.decisions import classes as decisions
from iiifsearch.models import Batch


@require_http_methods(["GET", "HEAD", "POST"])
def classes(request: HttpRequest) -> HttpResponse:
    """GET: what each collection that teaches a class would take in. POST: take some of it in, or
    refuse it."""
    user = _who_may_see(request)
    if request.method == "POST":
        _decide(request, user, request.POST.get("collection", ""))
        return redirect(request.get_full_path())
    page = _page(request)
    found = taught.classes(user, page)
    if page > found.pages:
        raise Http404(f"There are {found.pages} pages of classes.")
    context = {
        "title": gettext("Classes taught by example"),
        "classes": found.classes,
        "untold": taught.without_examples(),
        "next": page + 1 if page < found.pages else 0,
    }
    return _answer(request, user, context)


@require_http_methods(["GET", "HEAD", "POST"])
def one_class(request: HttpRequest, key: str) -> HttpResponse:
    """The same of one class, with all its candidates, page by page."""
    user = _who_may_see(request)
    if request.method == "POST":
        _decide(request, user, key)
        return redirect(request.get_full_path())
    collection = _taught(key)
    page = _page(request)
    if page > taught.PAGES:
        raise Http404(f"There are {taught.PAGES} pages of a class: decide on these first.")
    shown = taught.one(collection, user, page)
    context = {
        "title": collection.title,
        "classes": [shown] if shown else [],
        "untold": [] if shown else [collection],
        "next": page + 1 if shown and shown.more and page < taught.PAGES else 0,
        "end": bool(shown and shown.more and page == taught.PAGES),
        "alone": True,
    }
    return _answer(request, user, context)


def _answer(request: HttpRequest, user: User, context: dict[str, object]) -> HttpResponse:
    may_change = may_edit(user)
    own = {
        **admin.site.each_context(request),
        "may_change": may_change,
        "undo": undoable(request, Batch.Subject.CLASSES) if may_change else None,
    }
    return TemplateResponse(request, "admin/iiifsearch/classes.html", {**own, **context})


def _who_may_see(request: HttpRequest) -> User:
    user = cast(User, request.user)
    may_see = user.has_perms(["catalog.view_collection", "catalog.view_canvas"])
    if not may_see or (request.method == "POST" and not may_edit(user)):
        raise PermissionDenied
    return user


def _taught(key: str) -> Collection:
    rows = Collection.objects.filter(teaches=True).exclude(state=State.WITHDRAWN)
    return get_object_or_404(rows, key=key.replace("\0", ""))


def _page(request: HttpRequest) -> int:
    """Raises Http404."""
    text = request.GET.get("page", "1")
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or not int(text):
        raise Http404(f"{text[:40]!r} is no number of a page.")
    return int(text)


def _decide(request: HttpRequest, user: User, key: str) -> None:
    collection = _taught(key)
    if not may_edit(user, collection):
        raise PermissionDenied
    chosen = Chosen.of(request.POST, ("right", "wrong"))
    if not chosen.ids:
        messages.warning(request, gettext("Nothing is chosen: tick some paintings first."))
        return
    decide = decisions.take_in if chosen.decision == "right" else decisions.refuse
    try:
        found = decide(collection, chosen.ids, by=user)
    except batch.TooMany as error:
        messages.error(request, str(error))
        return
    if found is None:
        text = gettext("Nothing is changed: that was decided already.")
        messages.warning(request, text)
    else:
        messages.success(request, found.said)
