"""Near-duplicates: pairs that were found, side by side, and what a curator says of each.

There may be many: nothing here counts or sorts all of them.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.admin.display import change_url, link, moment, pill, shortened, thumbnail
from catalog.admin.pages import OwnTitle
from catalog.admin.permissions import NotByHand
from catalog.admin.pictures import MOST_LISTED, CappedPaginator
from catalog.models import Canvas
from iiifsearch.models import Duplicate

Decision = Duplicate.Decision

#: Colours of the pills, by decision.
_COLOURS = {Decision.OPEN: "waiting", Decision.UNRELATED: "cancelled"}


class DecisionFilter(admin.SimpleListFilter):
    title = _("decision")
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value or "open", str(label)) for value, label in Decision.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        asked = self.value()
        if asked is None:
            return None
        return queryset.filter(decision="" if asked == "open" else asked)


@admin.register(Duplicate)
class DuplicateAdmin(NotByHand, OwnTitle):
    """Only the decision is changed by hand."""

    list_display = ["pair", "sureness", "decision_pill"]
    list_display_links = ["sureness"]
    list_filter = [DecisionFilter, "mirrored"]
    list_per_page = 25
    list_max_show_all = 100
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ["-pk"]
    actions = ["the_same", "not_the_same"]
    fields = ["pictures", "sureness", "decision", "found"]
    readonly_fields = ["pictures", "sureness", "found"]
    change_list_template = "admin/iiifsearch/duplicate/change_list.html"

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Duplicate]:
        """With what the two canvases are called, and whether a picture of each is kept."""
        shown = [
            f"{side}__{name}"
            for side in ("first", "second")
            for name in ("title", "maker", "raw_id", "state", "picture__sha256")
        ]
        own = [field.attname for field in Duplicate._meta.concrete_fields]
        rows = super().get_queryset(request)
        return rows.select_related("first__picture", "second__picture").only(*own, *shown)

    def title_of(self, row: Duplicate) -> str:
        return f"{shortened(str(row.first), 80)} and {shortened(str(row.second), 80)}"

    # -- what is shown -------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        """Pictures are for those who may see canvases."""
        may_see = request.user.has_perm("catalog.view_canvas")
        return self.list_display if may_see else ["names", *self.list_display[1:]]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may_see = request.user.has_perm("catalog.view_canvas")
        return self.fields if may_see else ["names", *self.fields[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.readonly_fields, "names"]

    @admin.display(description=_("the two canvases"))
    def pair(self, row: Duplicate) -> SafeString:
        return _side_by_side(row, [_small(row.first), _small(row.second)])

    @admin.display(description=_("the two canvases"))
    def names(self, row: Duplicate) -> SafeString:
        return format_html("{}<br>{}", str(row.first), str(row.second))

    @admin.display(description=_("the two canvases"))
    def pictures(self, row: Duplicate) -> SafeString:
        return _side_by_side(row, [_large(row.first), _large(row.second)], row.outline)

    @admin.display(description=_("how sure"))
    def sureness(self, row: Duplicate) -> SafeString:
        mirrored = pill("running", "mirrored") if row.mirrored else ""
        return format_html(
            "<strong>{}</strong><br>{} places agree<br>{}",
            _percent(row.probability),
            row.inliers,
            mirrored,
        )

    @admin.display(description=_("decision"))
    def decision_pill(self, row: Duplicate) -> SafeString:
        return pill(_COLOURS.get(Decision(row.decision), "done"), row.get_decision_display())

    @admin.display(description=_("found"))
    def found(self, row: Duplicate) -> str:
        return moment(row.found_at)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["capped"] = context["cl"].paginator.count == MOST_LISTED
            context["most"] = f"{MOST_LISTED:,}"
        return response

    # -- decisions -----------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what was decided: the job may write the same row at the same time."""
        obj.save(update_fields=["decision"])

    @admin.action(description=_("The same work"), permissions=["change"])
    def the_same(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        self._decide(request, queryset, Decision.SAME_WORK)

    @admin.action(description=_("Unrelated"), permissions=["change"])
    def not_the_same(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        self._decide(request, queryset, Decision.UNRELATED)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Duplicate], decision: Duplicate.Decision
    ) -> None:
        with transaction.atomic():
            chosen = Duplicate.objects.filter(pk__in=queryset.values("pk"))
            rows = list(chosen.exclude(decision=decision).order_by("pk").select_for_update())
            Duplicate.objects.filter(pk__in=[row.pk for row in rows]).update(decision=decision)
            if rows:
                LogEntry.objects.log_actions(
                    cast(int, request.user.pk), rows, CHANGE, f"Decided: {decision.label}."
                )
        text = ngettext(
            "%(n)d pair decided: %(decision)s.", "%(n)d pairs decided: %(decision)s.", len(rows)
        )
        level = messages.SUCCESS if rows else messages.WARNING
        self.message_user(request, text % {"n": len(rows), "decision": decision.label}, level)


def _percent(probability: float) -> str:
    """Never 100 %: nobody is as sure as that."""
    return "over 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def _kept(canvas: Canvas) -> bool:
    picture = getattr(canvas, "picture", None)
    return picture is not None and bool(picture.sha256)


def _small(canvas: Canvas) -> SafeString:
    return thumbnail(canvas.pk if _kept(canvas) else None)


def _large(canvas: Canvas) -> SafeString:
    if not _kept(canvas):
        return thumbnail(None)
    url = reverse("admin:catalog_canvas_picture", args=[canvas.pk])
    return format_html('<img class="painting" src="{}" alt="{}">', url, str(canvas))


def _side_by_side(
    row: Duplicate, pictures: list[SafeString], outline: list[list[float]] | None = None
) -> SafeString:
    """Both canvases; ``outline``: drawn on the second one."""
    canvases = [
        {
            "picture": picture,
            "name": link(change_url(Canvas, canvas.pk), shortened(str(canvas))),
            "maker": canvas.maker,
            "state": pill(canvas.state, canvas.get_state_display()),
        }
        for canvas, picture in zip((row.first, row.second), pictures, strict=True)
    ]
    if outline:
        canvases[1]["outline"] = " ".join(f"{100 * x:.2f},{100 * y:.2f}" for x, y in outline)
    return SafeString(
        render_to_string("admin/iiifsearch/duplicate/pair.html", {"canvases": canvases})
    )
