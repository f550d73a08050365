"""The view of guessed tags: permission, one service, one template."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from iiifsearch.admin.chosen import Chosen
from iiifsearch.admin.decisions import undoable
from iiifsearch.admin.tags import Asked, Queue
from iiifsearch.decisions import batch, tags
from iiifsearch.models import Batch, TagGuess


@require_http_methods(["GET", "HEAD", "POST"])
def guessed_tags(request: HttpRequest) -> HttpResponse:
    """GET: guesses to decide on. POST: decide some, and back to where they were."""
    user = cast(User, request.user)
    may_change = user.has_perm("iiifsearch.change_tagguess")
    may_see = may_change or user.has_perm("iiifsearch.view_tagguess")
    if not may_see or not user.has_perm("catalog.view_canvas"):
        raise PermissionDenied
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        _decide(request, user)
        return redirect(request.get_full_path())
    context = {
        **admin.site.each_context(request),
        "title": gettext("Guessed tags"),
        "queue": Queue(Asked.of(request.GET)),
        "may_change": may_change,
        "undo": undoable(request, Batch.Subject.TAGS) if may_change else None,
    }
    return TemplateResponse(request, "admin/iiifsearch/tags.html", context)


def _decide(request: HttpRequest, user: User) -> None:
    chosen = Chosen.of(request.POST, ("right", "wrong"))
    if chosen.decision not in TagGuess.Decision.values:
        raise BadRequest("A guess is right or wrong.")
    if not chosen.ids:
        messages.warning(request, gettext("Nothing is chosen: tick some tags first."))
        return
    try:
        found = tags.decide(chosen.ids, TagGuess.Decision(chosen.decision), by=user)
    except batch.TooMany as error:
        messages.error(request, str(error))
        return
    if found.batch is not None:
        messages.success(request, gettext("Decided: %(said)s.") % {"said": found.batch.said})
    if found.already:
        text = ngettext(
            "%(n)d was decided already, or is no longer guessed.",
            "%(n)d were decided already, or are no longer guessed.",
            found.already,
        )
        messages.warning(request, text % {"n": found.already})
