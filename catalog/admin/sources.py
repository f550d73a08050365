"""Sources: handing in a URL, harvesting it again or regularly, keeping its pictures or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.admin.display import (
    EMPTY,
    change_url,
    external_link,
    link,
    list_url,
    moment,
    number,
    pill,
    shortened,
)
from catalog.admin.pages import OwnTitle
from catalog.admin.permissions import NotByHand
from catalog.harvest import wanted
from catalog.harvest.run import EVERY, BadSource
from catalog.harvest.run import request as request_harvest
from catalog.models import HarvestRun, Manifest, Picture, Source

RUNS_SHOWN = 20


class HarvestForm(forms.Form):
    """One URL. What can be harvested is for the harvest to say."""

    url = forms.CharField(
        label=_("URL"),
        max_length=2000,
        widget=forms.URLInput(
            attrs={
                "class": "vLargeTextField",
                "placeholder": "https://…/manifest.json",
                "autofocus": True,
            }
        ),
        help_text=_(
            "The address of a IIIF manifest or collection (Presentation API 2 or 3) or of a change "
            "stream (Change Discovery API 1). A collection is harvested with everything in it; of "
            "a stream, what has changed since it was read last."
        ),
    )


@admin.register(Source)
class SourceAdmin(NotByHand, OwnTitle):
    """Whoever may add a source may harvest: anew, or one that is known again. Its schedule, and
    whether its pictures are kept, are changed by those who may change it."""

    list_display = ["name", "kind", "last_state", "last_at", "schedule"]
    list_filter = ["kind", "every", "keep_pictures"]
    list_select_related = ["added_by"]
    list_per_page = 50
    search_fields = ["label", "url"]
    fields = ["label", "url_link", "kind", "read_to_time", "every", "next_time", "pictures"]
    fields += ["harvested", "added_at", "added_by", "history"]
    readonly_fields = ["label", "url_link", "kind", "read_to_time", "next_time", "pictures"]
    readonly_fields += ["harvested", "added_at", "added_by", "history"]
    actions = ["harvest_again", "read_anew"]

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        is_stream = obj is not None and obj.kind == Source.Kind.STREAM
        return [name for name in fields if is_stream or name != "read_to_time"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "every":
            kwargs["help_text"] = gettext("By itself, so long after the last harvest ended.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new schedule counts from the last harvest; one long past is due at once."""
        if "every" in form.changed_data:
            last = obj.runs.first()
            since = last and (last.finished_at or last.created_at)
            obj.next_at = since + EVERY[Source.Every(obj.every)] if obj.every and since else None
        # What a harvest writes at the same time (kind, label, read_to) is not written over.
        obj.save(update_fields=["every", "next_at"])

    @admin.display(description=_("source"))
    def name(self, source: Source) -> str:
        return shortened(str(source))

    @admin.display(description=_("schedule"), ordering="next_at")
    def schedule(self, source: Source) -> str:
        if not source.every:
            return EMPTY
        text = gettext("%(schedule)s, next %(time)s")
        return text % {"schedule": source.get_every_display(), "time": self.next_time(source)}

    @admin.display(description=_("last harvest"))
    def last_state(self, source: Any) -> SafeString | str:
        if source.last_run is None:
            return EMPTY
        state = HarvestRun.State(source.last_run_state)
        return link(change_url(HarvestRun, source.last_run), pill(state.value, state.label))

    @admin.display(description=_("asked for"))
    def last_at(self, source: Any) -> str:
        return moment(source.last_run_at)

    @admin.display(description=_("next harvest"))
    def next_time(self, source: Source) -> str:
        if not source.every:
            return EMPTY
        return moment(source.next_at) if source.next_at else gettext("within a minute")

    @admin.display(description=_("read to"))
    def read_to_time(self, source: Source) -> str:
        return (
            moment(source.read_to)
            if source.read_to
            else gettext("It has not been read to its end yet.")
        )

    @admin.display(description=_("URL"))
    def url_link(self, source: Source) -> SafeString:
        return external_link(source.url)

    @admin.display(description=_("manifests"))
    def harvested(self, source: Source) -> SafeString:
        count = number(Manifest.objects.filter(source=source).count())
        return link(
            list_url(Manifest, source__id__exact=source.pk),
            gettext("%(n)s from this source") % {"n": count},
        )

    @admin.display(description=_("pictures"))
    def pictures(self, source: Source) -> SafeString:
        context = {"source": source, "url": list_url(Picture, source=source.pk)}
        return render_to_string("admin/catalog/source/pictures.html", context)

    @admin.display(description=_("harvests"))
    def history(self, source: Source) -> SafeString:
        runs = HarvestRun.objects.filter(source=source).select_related("requested_by")
        context = {
            "runs": [(run, number(run.found), number(run.failed)) for run in runs[:RUNS_SHOWN]],
            "all_url": list_url(HarvestRun, source__id__exact=source.pk),
        }
        return render_to_string("admin/catalog/source/runs.html", context)

    # -- asking for a harvest ------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        again, keep = wrap(self.harvest_view), wrap(self.pictures_view)
        return [
            path("<int:pk>/harvest/", again, name="catalog_source_harvest"),
            path("<int:pk>/pictures/", keep, name="catalog_source_pictures"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"harvest_form": HarvestForm(), "title": gettext("Sources")} | (extra_context or {})
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
            "title": gettext("Harvest a manifest, a collection or a change stream"),
            "opts": self.opts,
            "form": form,
            "has_view_permission": self.has_view_permission(request),
        }
        return TemplateResponse(request, "admin/catalog/source/add_form.html", context)

    @method_decorator(require_POST)
    def harvest_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The buttons on the page of one source; ``full``: everything is read anew."""
        if not self.has_harvest_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        full = request.POST.get("full") == "yes"
        return self._show(request, request_harvest(source.url, user=request.user, full=full), full)

    @admin.action(description=_("Harvest again"), permissions=["harvest"])
    def harvest_again(self, request: HttpRequest, queryset: QuerySet[Source]) -> HttpResponse:
        return self._harvest_all(request, queryset, full=False)

    @admin.action(description=_("Harvest again, reading everything anew"), permissions=["harvest"])
    def read_anew(self, request: HttpRequest, queryset: QuerySet[Source]) -> HttpResponse:
        return self._harvest_all(request, queryset, full=True)

    def _harvest_all(
        self, request: HttpRequest, sources: QuerySet[Source], *, full: bool
    ) -> HttpResponse:
        runs = [request_harvest(source.url, user=request.user, full=full) for source in sources]
        if len(runs) == 1:
            return self._show(request, runs[0], full)
        self.message_user(
            request,
            ngettext("%(n)d harvest is waiting.", "%(n)d harvests are waiting.", len(runs))
            % {"n": len(runs)},
            messages.SUCCESS,
        )
        if request.user.has_perm("catalog.view_harvestrun"):
            return HttpResponseRedirect(list_url(HarvestRun))
        return HttpResponseRedirect(list_url(Source))

    def _show(self, request: HttpRequest, run: HarvestRun, full: bool = False) -> HttpResponse:
        """On to the page of the run, for those who may see it."""
        if run.source.runs.count() == 1:
            self.log_addition(request, run.source, [{"added": {}}])
        else:
            self.log_change(request, run.source, "Harvested again.")
        if full and not run.full:
            text = gettext("This harvest was under way already, and does not read everything anew.")
            self.message_user(request, text, messages.WARNING)
        if request.user.has_perm("catalog.view_harvestrun"):
            return HttpResponseRedirect(change_url(HarvestRun, run.pk))
        self.message_user(
            request,
            gettext("%(url)s will be harvested.") % {"url": run.source.url},
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:index"))

    # -- keeping pictures, or not --------------------------------------------------------------

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def pictures_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says what becomes of the source's pictures, POST does it: ``keep`` yes or no."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        if request.method == "POST":
            return self._keep_pictures(request, source, request.POST.get("keep") == "yes")
        held = wanted.of_source(source).exclude(sha256="")
        kept = held.aggregate(count=Count("pk"), size=Sum("size"))
        title = gettext("Keep the pictures of %(source)s?")
        if source.keep_pictures:
            title = gettext("Stop keeping the pictures of %(source)s?")
        context = {
            **self.admin_site.each_context(request),
            "count": number(kept["count"]),
            "size": kept["size"] or 0,
            "title": title % {"source": source},
            "opts": self.opts,
            "source": source,
        }
        return TemplateResponse(request, "admin/catalog/source/keep_pictures.html", context)

    def _keep_pictures(self, request: HttpRequest, source: Source, keep: bool) -> HttpResponse:
        source.keep_pictures = keep
        source.save(update_fields=["keep_pictures"])
        if keep:
            wanted.allow_pictures(source)
            text = gettext("Pictures are kept from now on: those that are fetched next.")
        else:
            dropped = number(wanted.forbid_pictures(source))
            text = gettext("Pictures are no longer kept. Dropped: %(n)s.") % {"n": dropped}
        self.log_change(request, source, text)
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(change_url(Source, source.pk))
