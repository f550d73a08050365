"""Views of the admin that belong to no model: permission, one service, one template."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

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
        enqueue_fetches(set(pictures.due_hosts()))
        tasks.pictures_arrived()
        tasks.texts_changed()
        messages.success(request, "The workers will look for work.")
        return redirect("admin_index_state")
    context = {
        **admin.site.each_context(request),
        "title": "State of the index",
        "features": state.features(),
        "pictures": state.pictures(),
        "unfetched": state.unfetched(),
        "queues": state.queues(),
        "may_index": may_change,
        "may_see_pictures": user.has_perm("catalog.view_picture")
        or user.has_perm("catalog.change_picture"),
    }
    return TemplateResponse(request, "admin/iiifsearch/index_state.html", context)
