"""Views of the admin that belong to no model: permission, one service, one template."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from iiifsearch import tasks
from iiifsearch.admin import looking_after, state, tally
from iiifsearch.index import manage


@require_http_methods(["GET", "HEAD", "POST"])
def index_state(request: HttpRequest) -> HttpResponse:
    """GET: how far every feature is. POST: have workers look for work now."""
    user = request.user
    may_change = user.has_perm("iiifsearch.change_seen")
    if not may_change and (request.method == "POST" or not user.has_perm("iiifsearch.view_seen")):
        raise PermissionDenied
    if request.method == "POST":
        tasks.look_for_work()
        messages.success(request, gettext("The workers will look for work."))
        return redirect("admin_index_state")
    context = {
        **admin.site.each_context(request),
        "title": gettext("State of the index"),
        "queues": state.queues(),
        "leftovers": manage.leftovers(),
        "pairs": looking_after.pairs(),
        "waiting": state.waiting(),
        "builds": manage.builds(),
        "may_manage": user.has_perm(looking_after.MANAGE),
        "may_retry": user.has_perm("catalog.change_picture"),
        "may_index": may_change,
        "may_see_pairs": user.has_perm("iiifsearch.view_duplicate")
        or user.has_perm("iiifsearch.change_duplicate"),
        "may_see_pictures": user.has_perm("catalog.view_picture")
        or user.has_perm("catalog.change_picture"),
    }
    if counted := tally.current():
        context |= {
            "counted": counted,
            "features": state.features(counted),
            "pictures": state.pictures(counted),
            "unfetched": state.unfetched(counted),
            "lookout": state.lookout(counted.lookout),
        }
    return TemplateResponse(request, "admin/iiifsearch/index_state.html", context)
