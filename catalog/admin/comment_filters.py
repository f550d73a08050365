"""Filters of the list of comments. Each is answered by an index, and none looks through the table
for what there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog import comment_values
from catalog.admin.filters import AskedFilter
from catalog.models import Comment

Origin = Comment.Origin

#: Comments by people that are looked at for the languages there are: the newest.
LOOKED_AT = 2000


class OriginFilter(admin.SimpleListFilter):
    """What people wrote here, unless another origin is asked for."""

    title = _("origin")
    parameter_name = "origin"
    EVERY = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        harvested = [(o.value, o.label) for o in Origin if o != Origin.CURATOR]
        return [*harvested, (self.EVERY, _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Django's "All" is what people wrote."""
        listed = super().choices(changelist)
        first = next(iter(listed))
        yield {**first, "display": _("written here")}
        yield from listed

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value() or Origin.CURATOR
        if value == self.EVERY:
            return None
        return queryset.filter(origin=value) if value in Origin else queryset.none()


class MotivationFilter(admin.SimpleListFilter):
    title = _("motivation")
    parameter_name = "motivation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(comment_values.MOTIVATIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return None
        known = value in comment_values.MOTIVATIONS
        return queryset.filter(motivation=value) if known else queryset.none()


class LanguageFilter(AskedFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = Comment.objects.filter(origin=Origin.CURATOR).order_by("-id")
        found = set(rows.values_list("language", flat=True)[:LOOKED_AT]) - {""}
        found |= {name for name, _words in super().lookups(request, model_admin)}
        return [(name, name) for name in sorted(found)]


class WriterFilter(admin.SimpleListFilter):
    title = _("author")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("me")), ("others", _("others"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() == "me":
            return queryset.filter(author=request.user.pk)
        if self.value() == "others":
            return queryset.exclude(author=request.user.pk)
        return None


class CanvasFilter(AskedFilter):
    """The painting that another page links to, by its number."""

    title = _("painting")
    parameter_name = "canvas"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return None
        number = int(value) if value.isdecimal() and len(value) < 19 else 0
        return queryset.filter(canvas=number)
