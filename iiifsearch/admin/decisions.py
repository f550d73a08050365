"""Undoing in the admin: of whatever decisions, by who took them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from iiifsearch.decisions import batch
from iiifsearch.models import Batch


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form names as ``next``; the front page for anything else."""
    sent = request.POST.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(sent, hosts, require_https=request.is_secure())
    return sent if sent and safe else reverse("admin:index")


def undoable(request: HttpRequest, subject: Batch.Subject) -> dict[str, Any]:
    """What ``admin/iiifsearch/_undo.html`` shows: the last decisions of this person that can be
    undone, and the page to come back to."""
    return {
        "batch": batch.last(subject, cast(User, request.user)),
        "next": request.get_full_path(),
    }


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a batch of one's own. POST ``next``: the page to come back to."""
    user = cast(User, request.user)
    try:
        found = batch.own(pk, user)
        if not user.has_perm(batch.NEEDED[Batch.Subject(found.subject)]):
            raise PermissionDenied
        done = batch.undo(pk, user)
    except batch.NothingToUndo as error:
        messages.warning(request, str(error))
        return HttpResponseRedirect(came_from(request))
    messages.success(request, gettext("Undone: %(said)s") % {"said": done.said})
    if left := done.count - done.restored:
        told = gettext("%(n)d of them stay: they were decided anew since, or are there no more.")
        messages.warning(request, told % {"n": left})
    return HttpResponseRedirect(came_from(request))
