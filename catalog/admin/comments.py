"""Comments: what people write of a painting, with its part drawn on the picture; and what the
sources say, to be looked through. What is written goes through `catalog.commenting`."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import comment_values, commenting
from catalog.admin.comment_filters import (
    CanvasFilter,
    LanguageFilter,
    MotivationFilter,
    OriginFilter,
    WriterFilter,
)
from catalog.admin.comment_form import ASKED, CommentForm
from catalog.admin.comment_importing import ImportComments
from catalog.admin.display import change_url, link, list_url, number, pill, thumbnail
from catalog.admin.pages import OwnTitle
from catalog.admin.pictures import MOST_LISTED, CappedPaginator
from catalog.comment_values import CommentProblem
from catalog.models import Canvas, Comment, State

Origin = Comment.Origin

#: Harvested texts that a search in the list looks through: the newest. The search page finds words
#: in all of them, by an index.
MOST_SEARCHED = 200_000


@admin.register(Comment)
class CommentAdmin(ImportComments, OwnTitle):
    """Who may add comments writes, and changes their own; who may change comments, those of
    others. The list begins with what people wrote: harvested texts are a hundred times as many."""

    form = CommentForm
    change_form_template = add_form_template = "admin/catalog/comment/change_form.html"
    change_list_template = "admin/catalog/comment/change_list.html"
    list_display = ["small", "text_shown", "kind", "state_pill", "painting", "said_by"]
    list_display_links = ["text_shown"]
    list_select_related = ["canvas__picture", "author", "manifest"]
    list_per_page = 50
    list_max_show_all = 200
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["body"]
    search_help_text = _("Words of the text.")
    ordering = ["-id"]
    sortable_by = ()
    actions = ["publish", "make_draft"]
    readonly_fields = ["painting", "region", "state_pill", "body", "html", "manifest", "author"]
    readonly_fields += ["origin", "creator", "created", "modified", "key", "source_id"]

    class Media:
        css = {"all": ["catalog/admin/region.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).defer("manifest__raw", "manifest__metadata")

    # -- who may ---------------------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or commenting.may_write(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return super().has_change_permission(request)
        return commenting.may_change(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return super().has_delete_permission(request)
        return commenting.may_delete(request.user, obj)

    # -- the list --------------------------------------------------------------------------------

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """By what people wrote, which has an index; among millions of harvested texts, no index
        helps to find the few in Basque."""
        if request.GET.get(OriginFilter.parameter_name, "") in ("", Origin.CURATOR):
            return [OriginFilter, "state", MotivationFilter, LanguageFilter, WriterFilter]
        return [OriginFilter, CanvasFilter]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "canvas__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Comment], search_term: str
    ) -> tuple[QuerySet[Comment], bool]:
        origin = request.GET.get(OriginFilter.parameter_name, "")
        narrow = origin in ("", Origin.CURATOR) or "canvas" in request.GET
        if search_term and not narrow:
            newest = Comment.objects.aggregate(last=Max("pk"))["last"] or 0
            if newest > MOST_SEARCHED:
                queryset = queryset.filter(pk__gt=newest - MOST_SEARCHED)
                text = gettext("Only the newest %(most)s harvested texts were looked through. ")
                text += gettext("The library's own search finds words in all of them.")
                messages.warning(request, text % {"most": number(MOST_SEARCHED)})
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["capped"] = context["cl"].paginator.count == MOST_LISTED
            context["most"] = number(MOST_LISTED)
        return response

    @admin.display(description="")
    def small(self, comment: Comment) -> SafeString:
        picture = getattr(comment.canvas, "picture", None)
        return thumbnail(comment.canvas_id if picture and picture.sha256 else None)

    @admin.display(description=_("text"))
    def text_shown(self, comment: Comment) -> str:
        text = Truncator(comment.body).chars(160)
        return f"{comment.label}: {text}" if comment.label else text

    @admin.display(description=_("kind"))
    def kind(self, comment: Comment) -> str:
        """Where it comes from, what it does, in which language, of which part."""
        known = comment_values.MOTIVATIONS.get(comment.motivation, comment.motivation)
        harvested = comment.origin != Origin.CURATOR
        parts = [comment.get_origin_display() if harvested else "", str(known), comment.language]
        return ", ".join(part for part in (*parts, self.part(comment)) if part)

    def part(self, comment: Comment) -> str:
        if comment.w is None:
            return ""
        return f"{comment.x},{comment.y},{comment.w},{comment.h}"

    @admin.display(description=_("state"))
    def state_pill(self, comment: Comment) -> SafeString:
        return pill(comment.state, comment.get_state_display())

    @admin.display(description=_("painting"))
    def painting(self, comment: Comment) -> SafeString:
        return link(change_url(Canvas, comment.canvas_id), Truncator(str(comment.canvas)).chars(80))

    @admin.display(description=_("part"))
    def region(self, comment: Comment) -> str:
        return self.part(comment) or gettext("all of it")

    @admin.display(description=_("said by"))
    def said_by(self, comment: Comment) -> str:
        return comment.creator or str(comment.author or comment.manifest or "–")

    # -- actions ---------------------------------------------------------------------------------

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._set_state(request, queryset, State.PUBLISHED)

    @admin.action(description=_("Make draft (take off the public pages)"), permissions=["change"])
    def make_draft(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._set_state(request, queryset, State.DRAFT)

    def _set_state(self, request: HttpRequest, queryset: QuerySet[Comment], state: State) -> None:
        chosen = Comment.objects.filter(pk__in=queryset.values("pk"))
        own = list(chosen.filter(origin=Origin.CURATOR).exclude(state=state))
        done = commenting.set_state(own, state, by=request.user)
        if state == State.PUBLISHED:
            text = ngettext("%(n)d comment published.", "%(n)d comments published.", done)
        else:
            text = ngettext("%(n)d comment made a draft.", "%(n)d comments made drafts.", done)
        self.message_user(request, text % {"n": done}, messages.SUCCESS)
        if left := chosen.exclude(origin=Origin.CURATOR).count():
            text = ngettext(
                "%(n)d harvested text left as it is.", "%(n)d harvested texts left as they are.",
                left,
            )  # fmt: skip
            self.message_user(request, text % {"n": left}, messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The comments alone: what was derived from them is no list for people. Harvested ones
        are protected."""
        rows = list(objs)
        harvested = [str(row) for row in rows if row.origin != Origin.CURATOR]
        lacking = any(not self.has_delete_permission(request, row) for row in rows)
        names = {capfirst(self.opts.verbose_name_plural)} if lacking and not harvested else set()
        return (
            [str(row) for row in rows],
            {self.opts.verbose_name_plural: len(rows)},
            names,
            harvested,
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        commenting.delete(queryset, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        commenting.delete([obj], by=request.user)

    # The service logs what it does, whoever asked for it.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    # -- the page --------------------------------------------------------------------------------

    def title_of(self, row: Comment) -> str:
        return gettext("Comment on %(painting)s") % {
            "painting": Truncator(str(row.canvas)).chars(120)
        }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        origin = ["painting", "manifest", "origin", "creator", "author", "created", "modified"]
        if obj is not None and not self.has_change_permission(request, obj):
            said = ["state_pill", "motivation", "label", "body", "language", "rights", "region"]
            return [(None, {"fields": [*origin, *said, "source_id", "key"]})]
        about = _("In canvas units. Empty: the whole painting.")
        sets = [
            (None, {"fields": ["text", "format", "motivation", "language", "rights", "label"]}),
            (_("Part of the painting"), {"fields": [("x", "y", "w", "h")], "description": about}),
            (_("Publication"), {"fields": ["state"]}),
        ]
        if obj is None:
            return sets
        return [*sets, (_("Origin"), {"fields": [*origin, "key"], "classes": ["collapse"]})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        made: Any = super().get_form(request, obj, change, **kwargs)
        made.canvas = obj.canvas if obj is not None else self._canvas(request)
        return made

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """On the canvas that ``?canvas=`` names by its number."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        canvas = self._canvas(request)
        if canvas is None or canvas.state == State.WITHDRAWN:
            if canvas is None:
                text = gettext("Choose a painting first: its page has a button to write a comment.")
            else:
                text = gettext("The painting was withdrawn: nothing is written of it any more.")
            self.message_user(request, text, messages.WARNING)
            to = Canvas if request.user.has_perm("catalog.view_canvas") else Comment
            return HttpResponseRedirect(list_url(to))
        title = gettext("Write a comment on %(painting)s")
        named = {"title": title % {"painting": Truncator(str(canvas)).chars(120)}}
        return super().add_view(request, form_url, {**named, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except CommentProblem as error:  # the painting was withdrawn while somebody wrote
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(list_url(Comment))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        canvas = getattr(form, "canvas", None)
        if canvas is not None:
            picture = getattr(canvas, "picture", None)
            shown = picture is not None and picture.sha256
            if shown and request.user.has_perm("catalog.view_canvas"):
                context["picture_url"] = reverse("admin:catalog_canvas_picture", args=[canvas.pk])
            context |= {"canvas": canvas, "size": comment_values.size_of(canvas)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            commenting.change(obj, by=request.user, **form.values)
            return
        said = {name: form.cleaned_data[name] for name in ASKED}
        canvas = cast(Canvas, form.canvas)
        written = commenting.write(canvas, said.pop("text"), author=request.user, **said)
        obj.__dict__ |= written.__dict__

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        response = super().response_add(request, obj, post_url_continue)
        return self._another(request, obj) or response

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        response = super().response_change(request, obj)
        return self._another(request, obj) or response

    def _another(self, request: HttpRequest, obj: Comment) -> HttpResponse | None:
        """Another comment is one on the same painting."""
        if "_addanother" not in request.POST:
            return None
        url = reverse("admin:catalog_comment_add")
        return HttpResponseRedirect(f"{url}?canvas={obj.canvas_id}")

    def _canvas(self, request: HttpRequest) -> Canvas | None:
        asked = request.GET.get("canvas", "")
        if not asked.isdecimal() or len(asked) > 18:
            return None
        return Canvas.objects.select_related("picture").filter(pk=int(asked)).first()
