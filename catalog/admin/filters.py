"""Filters that more than one list has. None of them looks through the table for what there is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin.reasons import kind_in_words
from catalog.models import HarvestRun

#: Rows that can be chosen in the filter; older ones are reached from their page.
LATEST_SHOWN = 20


class AskedFilter(admin.SimpleListFilter):
    """A filter that other pages link to: it offers nothing but what was asked for."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name or "", "").replace("\0", "")
        return [(asked, self.words(asked))] if asked else []

    def words(self, value: str) -> str:
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = (self.value() or "").replace("\0", "")
        return queryset.filter(**{str(self.parameter_name): value}) if value else None


class KindFilter(AskedFilter):
    title = _("kind of failure")
    parameter_name = "kind"

    def words(self, value: str) -> str:
        return kind_in_words(value)


class LatestFilter(admin.SimpleListFilter):
    """What the rows belong to: the latest; an older one that is asked for is added to them."""

    column: str

    def rows(self) -> QuerySet:
        raise NotImplementedError

    def words(self, row: Any) -> str:
        return str(row)[:60]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = list(self.rows()[:LATEST_SHOWN])
        asked = request.GET.get(self.parameter_name or "", "")
        if asked.isdecimal() and int(asked) not in {row.pk for row in rows}:
            rows += self.rows().filter(pk=int(asked))
        return [(str(row.pk), self.words(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return None
        if not value.isdecimal():
            return queryset.none()
        return queryset.filter(**{self.column: int(value)})


class RunFilter(LatestFilter):
    title = _("harvest")
    parameter_name = "run"
    column = "run_id"

    def rows(self) -> QuerySet:
        return HarvestRun.objects.select_related("source")

    def words(self, row: HarvestRun) -> str:
        return f"{row.pk}: {super().words(row.source)}"
