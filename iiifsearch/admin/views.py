"""Views of the admin that belong to no model: permission, one service, one template."""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods
from procrastinate.exceptions import AlreadyEnqueued

from catalog.harvest import pictures
from catalog.tasks import enqueue_fetches
from iiifsearch import tasks
from iiifsearch.admin import state


@require_http_methods(["GET", "HEAD", "POST"])
def index_state(request: HttpRequest) -> HttpResponse:
    """GET: how far every feature is. POST: have workers look for work now."""
    user = request.user
    may_change = user.has_perm("iiifsearch.change_seen")
    if not may_change and (request.method == "POST" or not user.has_perm("iiifsearch.view_seen")):
        raise PermissionDenied
    if request.method == "POST":
        _look_for_work()
        messages.success(request, gettext("The workers will look for work."))
        return redirect("admin_index_state")
    context = {
        **admin.site.each_context(request),
        "title": gettext("State of the index"),
        "features": state.features(),
        "pictures": state.pictures(),
        "unfetched": state.unfetched(),
        "lookout": state.lookout(),
        "queues": state.queues(),
        "may_index": may_change,
        "may_see_pairs": user.has_perm("iiifsearch.view_duplicate")
        or user.has_perm("iiifsearch.change_duplicate"),
        "may_see_pictures": user.has_perm("catalog.view_picture")
        or user.has_perm("catalog.change_picture"),
    }
    return TemplateResponse(request, "admin/iiifsearch/index_state.html", context)


def _look_for_work() -> None:
    """What workers do by and by, at once: fetch, look at what was fetched, and walk through
    everything for what is missing."""
    enqueue_fetches(set(pictures.due_hosts()))
    tasks.pictures_arrived()
    tasks.changes_made()
    for walk in (tasks.index_all, tasks.extract_all):
        transaction.on_commit(partial(_defer, walk))


def _defer(walk: Any) -> None:
    with contextlib.suppress(AlreadyEnqueued):  # the one that waits will find this work too
        walk.defer(timestamp=int(time.time()))
