"""Sources: handing in a URL, and harvesting it again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.admin.display import EMPTY, change_url, external_link, link, list_url, pill
from catalog.admin.permissions import ReadOnly
from catalog.harvest.run import BadSource
from catalog.harvest.run import request as request_harvest
from catalog.models import HarvestRun, Manifest, Source

RUNS_SHOWN = 20


class HarvestForm(forms.Form):
    """One URL. What can be harvested is for the harvest to say."""

    url = forms.CharField(
        label="URL",
        max_length=2000,
        widget=forms.URLInput(
            attrs={
                "class": "vLargeTextField",
                "placeholder": "https://…/manifest.json",
                "autofocus": True,
            }
        ),
        help_text="The address of a IIIF manifest or collection, Presentation API 2 or 3. "
        "A collection is harvested with everything in it.",
    )


@admin.register(Source)
class SourceAdmin(ReadOnly, admin.ModelAdmin):
    """Whoever may add a source may harvest: anew, or one that is known again."""

    list_display = ["__str__", "kind", "last_state", "last_at", "added_by", "added_at"]
    list_filter = ["kind"]
    list_select_related = ["added_by"]
    list_per_page = 50
    search_fields = ["label", "url"]
    fields = ["label", "url_link", "kind", "added_at", "added_by", "harvested", "history"]
    readonly_fields = ["url_link", "harvested", "history"]
    actions = ["harvest_again"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.add_source")

    def has_harvest_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        last = HarvestRun.objects.filter(source=OuterRef("pk")).order_by("-id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                last_run=Subquery(last.values("pk")[:1]),
                last_run_state=Subquery(last.values("state")[:1]),
                last_run_at=Subquery(last.values("created_at")[:1]),
            )
        )

    @admin.display(description="last harvest")
    def last_state(self, source: Any) -> SafeString | str:
        if source.last_run is None:
            return EMPTY
        state = HarvestRun.State(source.last_run_state)
        return link(change_url(HarvestRun, source.last_run), pill(state.value, state.label))

    @admin.display(description="asked for")
    def last_at(self, source: Any) -> Any:
        return source.last_run_at

    @admin.display(description="URL")
    def url_link(self, source: Source) -> SafeString:
        return external_link(source.url)

    @admin.display(description="manifests")
    def harvested(self, source: Source) -> SafeString:
        count = Manifest.objects.filter(source=source).count()
        return link(list_url(Manifest, source__id__exact=source.pk), f"{count} from this source")

    @admin.display(description="harvests")
    def history(self, source: Source) -> SafeString:
        runs = HarvestRun.objects.filter(source=source).select_related("requested_by")
        context = {
            "runs": runs[:RUNS_SHOWN],
            "all_url": list_url(HarvestRun, source__id__exact=source.pk),
        }
        return render_to_string("admin/catalog/source/runs.html", context)

    # -- asking for a harvest ------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.harvest_view)
        return [
            path("<int:pk>/harvest/", again, name="catalog_source_harvest"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"harvest_form": HarvestForm(), "title": "Sources"} | (extra_context or {})
        extra["harvest_form"].fields["url"].widget.attrs.pop("autofocus")
        return super().changelist_view(request, extra)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The URL goes to the harvest; the next page is that of the run."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = HarvestForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                run = request_harvest(form.cleaned_data["url"], user=request.user)
            except BadSource as error:
                form.add_error("url", str(error))
            else:
                return self._show(request, run)
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": "Harvest a manifest or collection",
            "opts": self.opts,
            "form": form,
            "has_view_permission": self.has_view_permission(request),
        }
        return TemplateResponse(request, "admin/catalog/source/add_form.html", context)

    @method_decorator(require_POST)
    def harvest_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on the page of one source."""
        if not self.has_harvest_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        return self._show(request, request_harvest(source.url, user=request.user))

    @admin.action(description="Harvest again", permissions=["harvest"])
    def harvest_again(self, request: HttpRequest, queryset: QuerySet[Source]) -> HttpResponse:
        runs = [request_harvest(source.url, user=request.user) for source in queryset]
        if len(runs) == 1:
            return self._show(request, runs[0])
        self.message_user(request, f"{len(runs)} harvests are waiting.", messages.SUCCESS)
        if request.user.has_perm("catalog.view_harvestrun"):
            return HttpResponseRedirect(list_url(HarvestRun))
        return HttpResponseRedirect(list_url(Source))

    def _show(self, request: HttpRequest, run: HarvestRun) -> HttpResponse:
        """On to the page of the run, for those who may see it."""
        if run.source.runs.count() == 1:
            self.log_addition(request, run.source, [{"added": {}}])
        else:
            self.log_change(request, run.source, "Harvested again.")
        if request.user.has_perm("catalog.view_harvestrun"):
            return HttpResponseRedirect(change_url(HarvestRun, run.pk))
        self.message_user(request, f"{run.source.url} will be harvested.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:index"))
