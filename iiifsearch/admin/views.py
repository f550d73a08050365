"""Views of the admin that belong to no model: permission, one service, one template."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from iiifsearch import tasks
from iiifsearch.admin import state


@require_http_methods(["GET", "HEAD", "POST"])
def index_state(request: HttpRequest) -> HttpResponse:
    """GET: how far every feature is. POST: have a worker look for work now."""
    user = request.user
    may_change = user.has_perm("iiifsearch.change_seen")
    if not may_change and (request.method == "POST" or not user.has_perm("iiifsearch.view_seen")):
        raise PermissionDenied
    if request.method == "POST":
        tasks.wake()
        messages.success(request, "A worker will look for work.")
        return redirect("admin_index_state")
    context = {
        **admin.site.each_context(request),
        "title": "State of the index",
        "features": state.features(),
        "jobs": state.jobs(),
        "may_index": may_change,
    }
    return TemplateResponse(request, "admin/iiifsearch/index_state.html", context)
