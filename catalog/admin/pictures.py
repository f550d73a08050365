"""Pictures: what became of fetching each canvas's pixels, and having failures tried again.

There are millions: nothing here counts or sorts all of them. To have pictures tried again takes
the permission to change pictures (``catalog.change_picture``); nothing else of one is changed.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.admin.display import (
    EMPTY,
    change_url,
    link,
    list_url,
    moment,
    number,
    pill,
    thumbnail,
)
from catalog.admin.filters import AskedFilter, KindFilter, LatestFilter, RunFilter
from catalog.admin.pages import OwnTitle
from catalog.admin.permissions import ReadOnly
from catalog.admin.reasons import kind_in_words, without_urls
from catalog.harvest import wanted
from catalog.models import Canvas, HarvestRun, Host, Picture, Source
from catalog.tasks import enqueue_fetches

Outcome = Picture.Outcome

#: Pictures that can be paged through; who looks for one among more filters them.
MOST_LISTED = 10_000
HOSTS_IN_FILTER = 20
GROUPS_SHOWN = 20


class CappedPaginator(Paginator):
    """Counts to MOST_LISTED and no further."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_LISTED].count())


class HostFilter(AskedFilter):
    """The hosts that were asked most, and the one that another page links to."""

    title = _("host")
    parameter_name = "host"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        busiest = Host.objects.order_by("-requests").values_list("name", flat=True)
        names = list(busiest[:HOSTS_IN_FILTER])
        asked = super().lookups(request, model_admin)
        return [*((name, name) for name in names), *(row for row in asked if row[0] not in names)]


class SourceFilter(LatestFilter):
    title = _("source")
    parameter_name = "source"
    column = "canvas__home__source_id"

    def rows(self) -> QuerySet:
        return Source.objects.all()


@admin.register(Picture)
class PictureAdmin(ReadOnly, OwnTitle):
    list_display = ["small", "canvas_link", "outcome_pill", "host", "reason_shown", "tries"]
    list_display_links = ["outcome_pill"]
    list_filter = ["outcome", KindFilter, HostFilter, SourceFilter, RunFilter]
    list_per_page = 50
    list_max_show_all = 200
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = ["try_again"]
    fields = ["shown", "canvas_link", "outcome_pill", "kind_words", "reason", "tries"]
    fields += ["host_link", "file", "limits", "fetched", "read", "run_link"]
    readonly_fields = ["shown", "canvas_link", "outcome_pill", "kind_words", "tries"]
    readonly_fields += ["host_link", "file", "limits", "fetched", "read", "run_link"]

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        columns = [field.attname for field in Picture._meta.concrete_fields]
        pictures = super().get_queryset(request).select_related("canvas")
        return pictures.only(*columns, "canvas__title", "canvas__raw_id")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Thumbnails are for those who may see canvases."""
        may_see = request.user.has_perm("catalog.view_canvas")
        return self.list_display if may_see else self.list_display[1:]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of what may be empty, only what is not."""
        may_see = request.user.has_perm("catalog.view_canvas")
        there = {
            "shown": obj is not None and obj.sha256 and may_see,
            "limits": obj is not None and obj.limited,
        }
        return [name for name in self.fields if there.get(str(name), True)]

    def title_of(self, row: Picture) -> str:
        return f"Picture of {row.canvas}"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self.may_change(request)

    # -- what is shown -------------------------------------------------------------------------

    @admin.display(description="", empty_value="")
    def small(self, picture: Picture) -> SafeString | str:
        return thumbnail(picture.pk) if picture.sha256 else ""

    @admin.display(description=_("picture"))
    def shown(self, picture: Picture) -> SafeString:
        return thumbnail(picture.pk)

    @admin.display(description=_("canvas"))
    def canvas_link(self, picture: Picture) -> SafeString:
        return link(change_url(Canvas, picture.pk), str(picture.canvas))

    @admin.display(description=_("outcome"))
    def outcome_pill(self, picture: Picture) -> SafeString:
        return pill(picture.outcome, picture.get_outcome_display())

    @admin.display(description=_("kind"))
    def kind_words(self, picture: Picture) -> str:
        return kind_in_words(picture.kind) or EMPTY

    @admin.display(description=_("kind and reason"))
    def reason_shown(self, picture: Picture) -> SafeString | str:
        if not picture.kind and not picture.reason:
            return EMPTY
        kind, reason = kind_in_words(picture.kind), without_urls(picture.reason)
        return format_html("<strong>{}</strong><br>{}", kind, reason)

    @admin.display(description=_("tries"))
    def tries(self, picture: Picture) -> str:
        if picture.due_at is None:
            return str(picture.attempts or EMPTY)
        return f"{picture.attempts}, next {moment(picture.due_at)}"

    @admin.display(description=_("smaller because"))
    def limits(self, picture: Picture) -> str:
        return picture.limited

    @admin.display(description=_("host"))
    def host_link(self, picture: Picture) -> SafeString | str:
        return link(list_url(Host, q=picture.host), picture.host) if picture.host else EMPTY

    @admin.display(description=_("harvest"))
    def run_link(self, picture: Picture) -> SafeString | str:
        if picture.run_id is None:
            return EMPTY
        return link(change_url(HarvestRun, picture.run_id), f"no. {picture.run_id}")

    @admin.display(description=_("kept file"))
    def file(self, picture: Picture) -> SafeString | str:
        if not picture.sha256:
            return (
                gettext("None.")
                if picture.may_keep
                else gettext("None: its source forbids to keep pictures.")
            )
        text = "{} × {} pixels, {} bytes with its thumbnail."
        return format_html(text, picture.width, picture.height, number(picture.size))

    @admin.display(description=_("fetched"))
    def fetched(self, picture: Picture) -> str:
        return moment(picture.fetched_at)

    @admin.display(description=_("looked at"))
    def read(self, picture: Picture) -> str:
        return moment(picture.read_at)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with its failures grouped above it."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            changes = context["cl"]
            context["groups"] = self._groups(changes, request)
            context["may_retry"] = self.may_change(request)
            context["capped"] = changes.paginator.count == MOST_LISTED
            context["most"] = number(MOST_LISTED)
        return response

    def _groups(self, changes: Any, request: HttpRequest) -> list[dict[str, Any]]:
        """Failures among what is listed, by kind and host."""
        failed = changes.queryset.filter(outcome=Outcome.FAILED).order_by().select_related(None)
        groups = (
            failed.only("pk")
            .values("kind", "host")
            .annotate(count=Count("pk"), example=Min("reason"))
            .order_by("-count", "kind", "host")[:GROUPS_SHOWN]
        )
        scope = {key: value for key in ("source", "run") if (value := request.GET.get(key))}
        again = reverse("admin:catalog_picture_retry")
        shown = []
        for group in groups:
            which = {key: group[key] for key in ("kind", "host")}
            own = list_url(Picture, **scope, **which, outcome__exact="failed")
            shown.append(
                {
                    "count": number(group["count"]),
                    "kind": kind_in_words(group["kind"]) or "unnamed",
                    "host": group["host"],
                    "reason": without_urls(group["example"]),
                    "url": own,
                    "again": f"{again}?{urlencode(scope | which)}",
                }
            )
        return shown

    # -- trying again --------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        retry = self.admin_site.admin_view(self.retry_view)
        return [path("retry/", retry, name="catalog_picture_retry"), *super().get_urls()]

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """One group of failures: ``?kind=…&host=…``, and ``source`` or ``run`` where only theirs
        are meant."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        asked = {key: str(value).replace("\0", "") for key, value in request.GET.items()}
        pictures = Picture.objects.filter(kind=asked.get("kind", ""), host=asked.get("host", ""))
        for key, column in (("source", "canvas__home__source"), ("run", "run")):
            if key in asked:
                number_asked = int(asked[key]) if asked[key].isdecimal() else 0
                pictures = pictures.filter(**{column: number_asked})
        self._try_again(request, pictures)
        scope = {key: asked[key] for key in ("source", "run") if key in asked}
        return HttpResponseRedirect(list_url(Picture, **scope))

    @admin.action(description=_("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Picture]) -> None:
        self._try_again(request, Picture.objects.filter(pk__in=queryset.values("pk")))

    def _try_again(self, request: HttpRequest, pictures: QuerySet[Picture]) -> None:
        """Those of a cancelled run are left: nobody would fetch them."""
        failed = pictures.filter(outcome=Outcome.FAILED)
        cancelled = failed.filter(run__state=HarvestRun.State.CANCELLED)
        left = cancelled.count()
        failed = failed.exclude(pk__in=cancelled.values("pk")) if left else failed
        hosts = set(failed.order_by("host").values_list("host", flat=True).distinct())
        count = wanted.again(failed)
        enqueue_fetches(hosts)
        if count:
            self.message_user(request, f"Tried again: {number(count)}.", messages.SUCCESS)
        elif not left:
            self.message_user(request, gettext("None of them has failed."), messages.WARNING)
        if left:
            self.message_user(
                request,
                f"Left as they are: {number(left)}, whose harvest was cancelled. "
                "Harvest their source again.",
                messages.WARNING,
            )
