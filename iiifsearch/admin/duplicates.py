"""Near-duplicates: pairs that were found, side by side, and what a curator says of each.

There may be many: nothing here counts or sorts all of them.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import change_url, list_url, moment, number, shortened
from catalog.admin.permissions import NotByHand
from catalog.admin.pictures import MOST_LISTED, CappedPaginator
from catalog.models import Canvas
from iiifsearch.admin import pair_views
from iiifsearch.admin import pairs as shown
from iiifsearch.admin.decisions import undoable
from iiifsearch.admin.pair_forms import LONGEST_NOTE, VERDICTS, AddPairForm, VerdictForm
from iiifsearch.admin.pair_views import decide_and_tell
from iiifsearch.decisions import pairs
from iiifsearch.decisions.batch import MOST_AT_ONCE
from iiifsearch.engine.overlay import square_onto
from iiifsearch.models import Batch, Duplicate

Decision = Duplicate.Decision


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


class ChangedFilter(admin.SimpleListFilter):
    """Pairs that were decided of earlier pictures."""

    title = _("a picture changed since")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() != "yes":
            return None
        other = Q(first_revision__lt=F("first__pixel_revision"))
        other |= Q(second_revision__lt=F("second__pixel_revision"))
        return queryset.exclude(decision="").filter(other)


@admin.register(Duplicate)
class DuplicateAdmin(NotByHand, admin.ModelAdmin):
    """Pairs are decided on; those that nobody found are added. Nothing is deleted."""

    list_display = ["pair", "sureness", "decision_pill"]
    list_display_links = ["sureness"]
    list_filter = [DecisionFilter, ChangedFilter, "mirrored"]
    list_per_page = 25
    list_max_show_all = 100
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ["-pk"]
    actions = ["same_work", "copy", "detail", "variant", "unrelated", "open_again"]
    change_list_template = "admin/iiifsearch/duplicate/change_list.html"

    class Media:
        css = {"all": ["catalog/admin/work.css", "iiifsearch/admin/pairs.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Duplicate]:
        """With what the two canvases are called, and whether a picture of each is kept."""
        canvas = [
            f"{side}__{name}"
            for side in ("first", "second")
            for name in ("title", "maker", "raw_id", "state", "pixel_revision", "picture__sha256")
        ]
        own = [field.attname for field in Duplicate._meta.concrete_fields]
        rows = super().get_queryset(request)
        rows = rows.select_related("first__picture", "second__picture", "decided_by")
        return rows.only(*own, *canvas, "decided_by__username")

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "iiifsearch_duplicate"
        return [
            path("review/", wrap(pair_views.review), name=f"{name}_review"),
            path("groups/", wrap(pair_views.groups), name=f"{name}_groups"),
            path("<int:pk>/inliers.json", wrap(pair_views.inliers), name=f"{name}_inliers"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who adds a pair decides on it."""
        names = ("iiifsearch.add_duplicate", "iiifsearch.change_duplicate")
        return request.user.has_perms(names)

    # -- the list ------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        """Pictures are for those who may see canvases."""
        may_see = request.user.has_perm("catalog.view_canvas")
        return self.list_display if may_see else ["names", *self.list_display[1:]]

    @admin.display(description=_("the two canvases"))
    def pair(self, row: Duplicate) -> SafeString:
        return shown.side_by_side(row, [shown.small(row.first), shown.small(row.second)])

    @admin.display(description=_("the two canvases"))
    def names(self, row: Duplicate) -> SafeString:
        return shown.names(row)

    @admin.display(description=_("how sure"))
    def sureness(self, row: Duplicate) -> SafeString:
        return shown.sureness(row)

    @admin.display(description=_("decision"))
    def decision_pill(self, row: Duplicate) -> SafeString:
        return shown.decision(row)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["capped"] = context["cl"].paginator.count == MOST_LISTED
            context["most"] = number(MOST_LISTED)
            context["undo"] = undoable(request, Batch.Subject.PAIRS)
        return response

    @admin.action(description=_("The same work"), permissions=["change"])
    def same_work(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.SAME_WORK)

    @admin.action(description=_("A copy"), permissions=["change"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.COPY)

    @admin.action(description=_("A detail"), permissions=["change"])
    def detail(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.DETAIL)

    @admin.action(description=_("A variant"), permissions=["change"])
    def variant(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.VARIANT)

    @admin.action(description=_("Unrelated"), permissions=["change"])
    def unrelated(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.UNRELATED)

    @admin.action(description=_("Open again"), permissions=["change"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        _decide(request, queryset, Decision.OPEN)

    # -- one pair ------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: both pictures, side by side and one upon the other. POST: a verdict; the next pair
        that nobody decided on follows."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if request.method == "POST" and not self.has_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            messages.warning(request, gettext("This pair is there no more."))
            return HttpResponseRedirect(list_url(Duplicate))
        if request.method != "POST":
            return self._page(request, row, row.note)
        form = VerdictForm(request.POST)
        note = request.POST.get("note", "").replace("\0", "")
        if not form.is_valid():
            for error in [error for errors in form.errors.values() for error in errors]:
                messages.error(request, str(error))
            return self._page(request, row, note, status=400)
        if form.cleaned_data["was"] != _stamp(row):
            told = gettext("Somebody decided on this pair meanwhile: look, and decide again.")
            messages.warning(request, told)
            return self._page(request, row, note, status=409)
        verdict = form.cleaned_data["verdict"].replace("open", "")
        decide_and_tell(request, [row.pk], verdict, form.cleaned_data["note"])
        return redirect(f"{reverse('admin:iiifsearch_duplicate_review')}?after={row.pk}")

    def _page(
        self, request: HttpRequest, row: Duplicate, note: str, status: int = 200
    ) -> HttpResponse:
        may_see = request.user.has_perm("catalog.view_canvas")
        canvases = Canvas.objects.select_related("picture", "home").defer("home__raw")
        found = canvases.in_bulk([row.first_id, row.second_id])
        row.first, row.second = found[row.first_id], found[row.second_id]
        matrix = square_onto(row.outline) if row.outline else None
        before, after = pairs.neighbours(row.pk)
        left = pairs.left()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": _title(row),
            "row": row,
            "pictures": shown.large_pair(row) if may_see else None,
            "overlay": may_see and shown.kept(row.first) and shown.kept(row.second),
            "first_picture": shown.picture_url(row.first),
            "second_picture": shown.picture_url(row.second),
            "matrix": None if matrix is None else matrix.tolist(),
            "facts": shown.facts(row.first, row.second),
            "sureness": shown.sureness(row),
            "decision": shown.decision(row),
            "found": moment(row.found_at),
            "note": note,
            "longest_note": LONGEST_NOTE,
            "was": _stamp(row),
            "verdicts": VERDICTS,
            "may_decide": self.has_change_permission(request, row),
            "left": number(min(left, pairs.MOST_COUNTED)),
            "more_left": left > pairs.MOST_COUNTED,
            "before": change_url(Duplicate, before) if before else "",
            "after": change_url(Duplicate, after) if after else "",
            "undo": _undoable(request),
        }
        template = "admin/iiifsearch/duplicate/review.html"
        return TemplateResponse(request, template, context, status=status)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A pair that nobody found."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AddPairForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            sent = form.cleaned_data
            user = cast(User, request.user)
            try:
                done = pairs.add(
                    sent["one"], sent["other"], sent["verdict"], by=user, note=sent["note"]
                )
            except pairs.KnownPair as error:
                messages.warning(request, str(error))
                return redirect(change_url(Duplicate, error.pair.pk))
            except pairs.NoPair as error:
                form.add_error("other", str(error))
            else:
                messages.success(request, done.said)
                return redirect(list_url(Duplicate))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Add a pair"),
            "form": form,
        }
        return TemplateResponse(request, "admin/iiifsearch/duplicate/add.html", context)


def _decide(request: HttpRequest, queryset: QuerySet[Duplicate], decision: Decision) -> None:
    pks = queryset.values_list("pk", flat=True)
    decide_and_tell(request, list(pks[: MOST_AT_ONCE + 1]), decision)


def _undoable(request: HttpRequest) -> dict[str, Any]:
    """The last decision of this person; whoever undoes that of one pair sees this pair again."""
    told = undoable(request, Batch.Subject.PAIRS)
    last = told["batch"]
    pairs = {} if last is None else last.before["pairs"]
    if len(pairs) == 1 and None not in pairs.values():
        told["next"] = change_url(Duplicate, next(iter(pairs)))
    return told


def _title(row: Duplicate) -> str:
    names = {"one": shortened(str(row.first), 80), "other": shortened(str(row.second), 80)}
    return gettext("%(one)s and %(other)s") % names


def _stamp(row: Duplicate) -> str:
    """What tells whether somebody decided meanwhile."""
    at = row.decided_at.isoformat() if row.decided_at else ""
    return f"{row.decision} {at}".strip()
