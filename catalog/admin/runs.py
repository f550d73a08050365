"""Harvests: how far one is, what went wrong, and what became of every URL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import Count, F, Func, IntegerField, Min, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from catalog.admin.display import (
    EMPTY,
    change_url,
    external_link,
    link,
    list_url,
    pill,
    warning_rows,
)
from catalog.admin.permissions import ReadOnly
from catalog.admin.reasons import MOST_GROUPS, REASON_WITHOUT_URLS
from catalog.models import HarvestItem, HarvestRun, Manifest

ITEMS_SHOWN = 25
#: Runs that can be chosen in the filter of the items; older ones are reached from their page.
RUNS_IN_FILTER = 20
#: A run that waits longer than this has probably no worker to do it.
PATIENCE = timedelta(minutes=1)

UNDER_WAY = (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING)
OUTCOMES = ("created", "updated", "unchanged", "failed", "skipped")

_WARNINGS = """
SELECT w->>'code', count(*), count(DISTINCT i.id), min(w->>'message')
FROM catalog_harvestitem i, jsonb_array_elements(i.warnings) AS w
WHERE i.run_id = %s GROUP BY 1 ORDER BY 2 DESC LIMIT %s
"""


def duration(run: HarvestRun) -> timedelta | None:
    """How long it took, or has taken so far; None before it began."""
    if run.started_at is None:
        return None
    spent = (run.finished_at or timezone.now()) - run.started_at
    return timedelta(seconds=round(spent.total_seconds()))


def failures(run: HarvestRun) -> QuerySet[HarvestItem, Any]:
    """The reasons of the failures, the commonest first, each with an example."""
    return (
        HarvestItem.objects.filter(run=run, outcome=HarvestItem.Outcome.FAILED)
        .annotate(why=REASON_WITHOUT_URLS)
        .values("why")
        .annotate(count=Count("pk"), example=Min("url"))
        .order_by("-count", "why")[:MOST_GROUPS]
    )


def warnings(run: HarvestRun) -> list[dict[str, Any]]:
    """What was odd, by kind: how often, in how many manifests, with an example and a link."""
    with connection.cursor() as cursor:
        cursor.execute(_WARNINGS, [run.pk, MOST_GROUPS])
        rows = cursor.fetchall()
    return [
        {
            "code": code,
            "count": count,
            "manifests": manifests,
            "example": example,
            "url": list_url(HarvestItem, run=run.pk, warning=code or "any"),
        }
        for code, count, manifests, example in rows
    ]


def with_manifest(items: QuerySet[HarvestItem]) -> QuerySet[HarvestItem]:
    """``manifest_pk``: the manifest that was fetched from the item's URL."""
    fetched = Manifest.objects.filter(url=OuterRef("url")).order_by("-harvested_at")
    return items.annotate(manifest_pk=Subquery(fetched.values("pk")[:1]))


def reason_of(item: HarvestItem) -> str:
    """The reason without the URL that stands beside it."""
    return item.reason.removeprefix(f"{item.url}: ")


@admin.register(HarvestRun)
class HarvestRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "source", "state_pill", "found", "counts", "canvases"]
    list_display += ["began", "took"]
    list_display_links = ["number", "source"]
    list_filter = ["state"]
    list_select_related = ["source"]
    list_per_page = 50
    search_fields = ["source__label", "source__url"]
    sortable_by = ["number", "state_pill", "began"]
    fields = ["source", "requested_by", "created_at"]

    @admin.display(description="no.", ordering="id")
    def number(self, run: HarvestRun) -> int:
        return run.pk

    @admin.display(description="state", ordering="state")
    def state_pill(self, run: HarvestRun) -> SafeString:
        return pill(run.state, run.get_state_display())

    @admin.display(description="outcomes")
    def counts(self, run: HarvestRun) -> SafeString | str:
        """Those that occur: five columns of numbers are mostly zeros."""
        found = [
            (name, f"{count} {HarvestItem.Outcome(name).label}")
            for name in OUTCOMES
            if (count := getattr(run, name))
        ]
        return format_html_join(" ", '<span class="pill pill-{}">{}</span>', found) or EMPTY

    @admin.display(description="started", ordering="started_at")
    def began(self, run: HarvestRun) -> str:
        at = run.started_at
        return EMPTY if at is None else date_format(localtime(at), "SHORT_DATETIME_FORMAT")

    @admin.display(description="duration")
    def took(self, run: HarvestRun) -> Any:
        return duration(run)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is not None and self.has_view_permission(request, run):
            extra_context = {**(extra_context or {}), **self._report(run)}
        return super().change_view(request, object_id, form_url, extra_context)

    def _report(self, run: HarvestRun) -> dict[str, Any]:
        failed = HarvestItem.Outcome.FAILED
        items = with_manifest(run.items.all())
        return {
            "title": f"Harvest of {run.source}",
            "subtitle": None,
            "run": run,
            "under_way": run.state in UNDER_WAY,
            "stuck": run.state == HarvestRun.State.QUEUED
            and timezone.now() - run.created_at > PATIENCE,
            "took": duration(run),
            "outcomes": [
                {
                    "value": name,
                    "label": HarvestItem.Outcome(name).label,
                    "count": getattr(run, name),
                    "url": list_url(HarvestItem, run=run.pk, outcome__exact=name),
                }
                for name in OUTCOMES
            ],
            "failures": [
                (group["count"], group["why"], external_link(group["example"]))
                for group in failures(run)
            ],
            "failed_url": list_url(HarvestItem, run=run.pk, outcome__exact=failed),
            "warnings": warnings(run),
            "items": [(item, reason_of(item)) for item in items.order_by("-id")[:ITEMS_SHOWN]],
            "items_url": list_url(HarvestItem, run=run.pk),
        }


class RunFilter(admin.SimpleListFilter):
    """The latest runs; an older one that is asked for is added to them."""

    title = "harvest"
    parameter_name = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        runs = list(HarvestRun.objects.select_related("source")[:RUNS_IN_FILTER])
        asked = request.GET.get(self.parameter_name, "")
        if asked.isdecimal() and int(asked) not in {run.pk for run in runs}:
            runs += HarvestRun.objects.select_related("source").filter(pk=int(asked))
        return [(str(run.pk), f"{run.pk}: {str(run.source)[:60]}") for run in runs]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return None
        return queryset.filter(run_id=int(value)) if value.isdecimal() else queryset.none()


class WarningFilter(admin.SimpleListFilter):
    """With warnings, or with warnings of the kind that the page of a run links to."""

    title = "warnings"
    parameter_name = "warning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name, "")
        chosen = [(asked, asked)] if asked not in ("", "any", "none") else []
        return [("any", "with warnings"), ("none", "without warnings"), *chosen]

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
    list_display = ["outcome_pill", "url", "why", "odd", "canvases", "manifest", "run_link"]
    list_display_links = ["outcome_pill", "url"]
    list_filter = ["outcome", RunFilter, WarningFilter]
    list_per_page = 100
    show_full_result_count = False
    search_fields = ["url"]
    sortable_by = ["canvases"]
    fields = ["run", "url_link", "outcome", "reason", "canvases", "manifest", "at", "remarks"]
    readonly_fields = ["url_link", "manifest", "remarks"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[HarvestItem]:
        items = with_manifest(super().get_queryset(request))
        length = Func(F("warnings"), function="jsonb_array_length", output_field=IntegerField())
        return items.annotate(odd=length).defer("warnings")

    @admin.display(description="outcome", ordering="outcome")
    def outcome_pill(self, item: HarvestItem) -> SafeString:
        return pill(item.outcome, item.get_outcome_display())

    @admin.display(description="reason")
    def why(self, item: HarvestItem) -> str:
        return reason_of(item) or EMPTY

    @admin.display(description="warnings")
    def odd(self, item: Any) -> Any:
        return item.odd or EMPTY

    @admin.display(description="manifest")
    def manifest(self, item: Any) -> SafeString | str:
        pk = item.manifest_pk
        return EMPTY if pk is None else link(change_url(Manifest, pk), "open")

    @admin.display(description="harvest")
    def run_link(self, item: HarvestItem) -> SafeString:
        return link(change_url(HarvestRun, item.run_id), f"no. {item.run_id}")

    @admin.display(description="URL")
    def url_link(self, item: HarvestItem) -> SafeString:
        return external_link(item.url)

    @admin.display(description="warnings")
    def remarks(self, item: HarvestItem) -> SafeString:
        context = {"warnings": warning_rows(item.warnings)}
        return render_to_string("admin/catalog/warnings.html", context)
