"""Harvests: how far one is, and what a person can do about it.

Whoever may see runs may watch one. To pause, resume, cancel it or have failures tried again takes
the permission to change runs (``catalog.change_harvestrun``); nothing else of a run is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.admin.display import EMPTY, change_url, moment, number, pill, shortened
from catalog.admin.permissions import ReadOnly
from catalog.admin.report import CANCELLABLE, OUTCOMES, PAUSABLE, bar, duration, report_of
from catalog.harvest import run as harvesting
from catalog.models import HarvestItem, HarvestRun, Picture


@admin.register(HarvestRun)
class HarvestRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "source_name", "state_pill", "found_count", "counts", "began"]
    list_display_links = ["number", "source_name"]
    list_filter = ["state"]
    list_select_related = ["source"]
    list_per_page = 50
    search_fields = ["source__label", "source__url"]
    sortable_by = ["number", "state_pill", "began"]
    fields = ["source", "requested_by", "created_at"]

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

    # -- the list ------------------------------------------------------------------------------

    @admin.display(description=_("no."), ordering="id")
    def number(self, run: HarvestRun) -> int:
        return run.pk

    @admin.display(description=_("source"))
    def source_name(self, run: HarvestRun) -> str:
        return shortened(str(run.source))

    @admin.display(description=_("state"), ordering="state")
    def state_pill(self, run: HarvestRun) -> SafeString:
        shown = pill(run.state, run.get_state_display())
        return format_html("{}{}", shown, bar(run)) if run.state in CANCELLABLE else shown

    @admin.display(description=_("found"), ordering="found")
    def found_count(self, run: HarvestRun) -> SafeString:
        return format_html("{} URLs<br>{} canvases", number(run.found), number(run.canvases))

    @admin.display(description=_("outcomes"))
    def counts(self, run: HarvestRun) -> SafeString | str:
        """Those that occur: six columns of numbers are mostly zeros."""
        found = [
            (name, f"{number(count)} {HarvestItem.Outcome(name).label}")
            for name in ("pending", *OUTCOMES)
            if (count := getattr(run, name))
        ]
        return format_html_join(" ", '<span class="pill pill-{}">{}</span>', found) or EMPTY

    @admin.display(description=_("started"), ordering="started_at")
    def began(self, run: HarvestRun) -> SafeString | str:
        if run.started_at is None:
            return EMPTY
        word = "took" if run.finished_at else "so far"
        return format_html("{}<br>{} {}", moment(run.started_at), word, duration(run))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["watching"] = any(run.state in PAUSABLE for run in context["cl"].result_list)
        return response

    # -- the page ------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{name}/", wrapped, name=f"catalog_harvestrun_{name}")

        return [
            named("progress", self.progress_view),
            named("pause", self.pause_view),
            named("resume", self.resume_view),
            named("cancel", self.cancel_view),
            named("retry", self.retry_view),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is not None and self.has_view_permission(request, run):
            extra_context = {
                **(extra_context or {}),
                **report_of(run, whole=True, may_steer=self.may_change(request)),
                "title": gettext("Harvest of %(source)s") % {"source": run.source},
                "subtitle": None,
            }
        return super().change_view(request, object_id, form_url, extra_context)

    @method_decorator(require_GET)
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The report alone, for the page to put in the place of the one that it shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(HarvestRun, pk=pk)
        context = report_of(run, whole=False, may_steer=self.may_change(request))
        return TemplateResponse(request, "admin/catalog/harvestrun/report.html", context)

    # -- what a person can do ------------------------------------------------------------------

    @method_decorator(require_POST)
    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(request, pk, harvesting.pause, gettext("The harvest is paused."))

    @method_decorator(require_POST)
    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(request, pk, harvesting.resume, gettext("The harvest goes on."))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks, POST cancels."""
        if not self.may_change(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._steer(request, pk, harvesting.cancel, gettext("The harvest is cancelled."))
        run = get_object_or_404(HarvestRun.objects.select_related("source"), pk=pk)
        waiting = run.pictures.filter(outcome=Picture.Outcome.WAITING)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Cancel the harvest of %(source)s?") % {"source": run.source},
            "opts": self.opts,
            "run": run,
            "possible": run.state in CANCELLABLE,
            "pending": number(run.pending),
            "waiting": number(waiting.count()),
        }
        return TemplateResponse(request, "admin/catalog/harvestrun/cancel.html", context)

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All that failed, or one group of it: ``?kind=…&host=…``."""
        which = {key: request.GET.get(key, "").replace("\0", "") for key in ("kind", "host")}
        return self._steer(
            request,
            pk,
            lambda run: harvesting.retry(run, **which),
            gettext("What failed is tried again: {}."),
            gettext("Nothing of it has failed any more."),
        )

    def _steer(
        self,
        request: HttpRequest,
        pk: int,
        service: Callable[[HarvestRun], int | None],
        done: str,
        nothing: str = "",
    ) -> HttpResponse:
        """Call one service, tell how it went, and go back to the page of the run."""
        if not self.may_change(request):
            raise PermissionDenied
        run = get_object_or_404(HarvestRun, pk=pk)
        try:
            count = service(run)
        except harvesting.WrongState as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            text = nothing if count == 0 else done.format(number(count or 0))
            if count != 0:
                self.log_change(request, run, text)
            self.message_user(request, text, messages.INFO if count == 0 else messages.SUCCESS)
        return HttpResponseRedirect(change_url(HarvestRun, pk))
