"""What became of every URL of a harvest."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import (
    EMPTY,
    change_url,
    external_link,
    link,
    moment,
    pill,
    warnings_table,
)
from catalog.admin.filters import AskedFilter, KindFilter, RunFilter
from catalog.admin.permissions import ReadOnly
from catalog.admin.reasons import kind_in_words
from catalog.admin.report import reason_of
from catalog.models import HarvestItem, HarvestRun, Manifest


class HostFilter(AskedFilter):
    title = _("host")
    parameter_name = "host"


class WarningFilter(admin.SimpleListFilter):
    """With warnings, or with warnings of the kind that the page of a run links to."""

    title = _("warnings")
    parameter_name = "warning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name, "")
        chosen = [(asked, asked)] if asked not in ("", "any", "none") else []
        return [
            ("any", gettext("with warnings")),
            ("none", gettext("without warnings")),
            *chosen,
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        match self.value():
            case None | "":
                return None
            case "any":
                return queryset.exclude(warnings=[])
            case "none":
                return queryset.filter(warnings=[])
            case code:
                return queryset.filter(warnings__contains=[{"code": code}])


@admin.register(HarvestItem)
class HarvestItemAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["outcome_pill", "url", "why", "odd", "canvases", "manifest_link", "run_link"]
    list_display_links = ["outcome_pill", "url"]
    list_filter = ["outcome", RunFilter, KindFilter, HostFilter, WarningFilter]
    list_per_page = 100
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["url"]
    sortable_by = ["canvases"]
    fields = ["run_link", "url_link", "task", "outcome", "kind_words", "host", "reason", "attempts"]
    fields += ["due", "canvases", "manifest_link", "at", "remarks"]
    readonly_fields = ["run_link", "url_link", "kind_words", "due", "manifest_link", "remarks"]

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[HarvestItem]:
        length = Func(F("warnings"), function="jsonb_array_length", output_field=IntegerField())
        return super().get_queryset(request).annotate(odd=length).defer("warnings")

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_pill(self, item: HarvestItem) -> SafeString:
        return pill(item.outcome, item.get_outcome_display())

    @admin.display(description=_("reason"))
    def why(self, item: HarvestItem) -> str:
        reason = reason_of(item)
        if item.due_at is not None:
            again = gettext("To be tried again: %(time)s.") % {"time": moment(item.due_at)}
            return f"{reason} {again}"
        return reason or EMPTY

    @admin.display(description=_("kind"))
    def kind_words(self, item: HarvestItem) -> str:
        return kind_in_words(item.kind) or EMPTY

    @admin.display(description=_("to be tried again"))
    def due(self, item: HarvestItem) -> str:
        return moment(item.due_at)

    @admin.display(description=_("warnings"))
    def odd(self, item: Any) -> Any:
        return item.odd or EMPTY

    @admin.display(description=_("manifest"))
    def manifest_link(self, item: HarvestItem) -> SafeString | str:
        pk = item.manifest_id
        return EMPTY if pk is None else link(change_url(Manifest, pk), "open")

    @admin.display(description=_("harvest"))
    def run_link(self, item: HarvestItem) -> SafeString:
        return link(change_url(HarvestRun, item.run_id), f"no. {item.run_id}")

    @admin.display(description=_("URL"))
    def url_link(self, item: HarvestItem) -> SafeString:
        return external_link(item.url)

    @admin.display(description=_("warnings"))
    def remarks(self, item: HarvestItem) -> SafeString:
        return warnings_table(item.warnings)
