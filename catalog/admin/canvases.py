"""Canvases: the paintings themselves, what is said of them, and where they appear."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import kept
from catalog.admin.display import (
    EMPTY,
    change_url,
    external_link,
    metadata_table,
    published_link,
    thumbnail,
)
from catalog.admin.members import AddToCollection
from catalog.admin.permissions import NotByHand
from catalog.admin.publication import Publication
from catalog.admin.texts import said_of, written_of
from catalog.admin.withdrawal import Withdrawal
from catalog.iiif.types import CanvasKind
from catalog.models import Canvas, Manifest, ManifestCanvas, Picture, State

#: Seconds for which a browser keeps a picture of the lists without asking again.
PICTURE_AGE = 600
MANIFESTS_SHOWN = 3


class KindFilter(admin.SimpleListFilter):
    """The kinds that harvests write; a filter over the values in use would read the table."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = get_args(CanvasKind)
        return [(kind, kind) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        return queryset.filter(kind=self.value()) if self.value() else None


def _kept_of(canvas: Canvas) -> Picture | None:
    """The row of the canvas's picture, if a file of it is kept."""
    picture = getattr(canvas, "picture", None)
    return picture if picture is not None and picture.sha256 else None


@admin.register(Canvas)
class CanvasAdmin(NotByHand, AddToCollection, Withdrawal, Publication):
    """The state is edited; what was harvested is only shown, and comments have their own pages."""

    list_display = ["small", "name", "maker", "date_text", "kind", "state_pill", "shown_in"]
    list_display_links = ["small", "name"]
    list_filter = ["state", KindFilter]
    list_select_related = ["picture"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["title", "maker", "key__exact", "uri__exact", "raw_id__exact"]
    search_help_text = _("Words of the title or the maker, or the whole id of a canvas.")
    actions = [*Publication.actions, "add_to_collection", "withdraw", "restore"]
    fieldsets = [
        (None, {"fields": ["shown", "state", "state_reason", "published_at"]}),
        (
            _("The painting"),
            {
                "fields": [
                    *("title", "maker", "date_text", "year", "technique", "object_type"),
                    *("facts", "rights", "appears_in", "collected_in"),
                ],
                "description": _(
                    "As harvested. To correct it, correct the source and harvest again."
                ),
            },
        ),
        (_("What people say of it"), {"fields": ["written"]}),
        (_("What the sources say of it"), {"fields": ["said"]}),
        (
            _("Images and identity"),
            {
                "fields": ["size", "services", "kept", "raw_id", "key", "revisions"],
                "classes": ["collapse"],
            },
        ),
    ]
    readonly_fields = [
        *(
            "shown",
            "published_at",
            "title",
            "maker",
            "date_text",
            "year",
            "technique",
            "object_type",
            "facts",
        ),
        *(
            "rights",
            "appears_in",
            "collected_in",
            "written",
            "said",
            "size",
            "services",
            "kept",
            "raw_id",
        ),
        *("key", "revisions"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Canvas]:
        places = ManifestCanvas.objects.select_related("manifest").only(
            "canvas_id", "position", "manifest__title", "manifest__uri", "manifest__state"
        )
        return (
            super()
            .get_queryset(request)
            .select_related("picture")
            .prefetch_related(Prefetch("appearances", places.order_by("manifest_id"), "places"))
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/thumbnail.jpg",
                wrap(self.thumbnail_view, cacheable=True),
                name="catalog_canvas_thumbnail",
            ),
            path(
                "<int:pk>/picture.jpg",
                wrap(self.picture_view, cacheable=True),
                name="catalog_canvas_picture",
            ),
            *super().get_urls(),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "state_reason":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    # -- pictures ------------------------------------------------------------------------------

    def thumbnail_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        return self._kept_picture(request, kept.thumbnail, pk)

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        return self._kept_picture(request, kept.largest, pk)

    def _kept_picture(self, request: HttpRequest, where: Any, pk: int) -> FileResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file: Path | None = where(get_object_or_404(Picture, pk=pk))
        if file is None or not file.exists():
            raise Http404("No file of the picture is kept.")
        response = FileResponse(file.open("rb"), content_type="image/jpeg")
        # Drafts are pictures too: a shared cache must not keep them.
        response["Cache-Control"] = f"private, max-age={PICTURE_AGE}"
        return response

    # -- the list ------------------------------------------------------------------------------

    @admin.display(description="")
    def small(self, canvas: Canvas) -> SafeString:
        return thumbnail(canvas.pk if _kept_of(canvas) else None)

    @admin.display(description=_("title"), ordering="title")
    def name(self, canvas: Canvas) -> str:
        return str(canvas)

    @admin.display(description=_("manifests"))
    def shown_in(self, canvas: Any) -> SafeString | str:
        places = canvas.places
        if not places:
            return EMPTY
        shown = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            (
                (change_url(Manifest, place.manifest_id), str(place.manifest))
                for place in places[:MANIFESTS_SHOWN]
            ),
        )
        more = len(places) - MANIFESTS_SHOWN
        return format_html("{} and {} more", shown, more) if more > 0 else shown

    # -- the page ------------------------------------------------------------------------------

    @admin.display(description=_("picture"))
    def shown(self, canvas: Canvas) -> SafeString | str:
        if _kept_of(canvas) is None:
            return canvas.skipped_reason or gettext("No picture is kept yet: the index fetches it.")
        return format_html(
            '<img class="painting" src="{}" alt="{}">',
            reverse("admin:catalog_canvas_picture", args=[canvas.pk]),
            str(canvas),
        )

    @admin.display(description=_("published as"))
    def published_at(self, canvas: Any) -> SafeString | str:
        if canvas.state != State.PUBLISHED:
            return gettext("Not published.")
        if not any(place.manifest.state == State.PUBLISHED for place in canvas.places):
            return gettext("Not published: no published manifest shows it.")
        return published_link("painting", canvas.key)

    @admin.display(description=_("metadata"))
    def facts(self, canvas: Canvas) -> SafeString:
        return metadata_table(canvas.metadata)

    @admin.display(description=_("appears in"))
    def appears_in(self, canvas: Any) -> SafeString | str:
        rows = (
            (change_url(Manifest, place.manifest_id), str(place.manifest), place.position + 1)
            for place in canvas.places
        )
        return format_html_join("", '<div><a href="{}">{}</a>, no. {}</div>', rows) or EMPTY

    @admin.display(description=_("collections"))
    def collected_in(self, canvas: Canvas) -> SafeString | str:
        members = canvas.collectioncanvas_set.select_related("collection")
        rows = (
            (change_url(type(member.collection), member.collection_id), member.collection.title)
            for member in members.order_by("collection__title")
        )
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or EMPTY

    @admin.display(description=_("comments"))
    def written(self, canvas: Canvas) -> SafeString:
        return written_of(canvas)

    @admin.display(description=_("texts"))
    def said(self, canvas: Canvas) -> SafeString:
        return said_of(canvas)

    @admin.display(description=_("size"))
    def size(self, canvas: Canvas) -> str:
        if not canvas.width or not canvas.height:
            return gettext("The source gives none.")
        text = gettext("%(width)d × %(height)d canvas units")
        return text % {"width": canvas.width, "height": canvas.height}

    @admin.display(description=_("images"))
    def services(self, canvas: Canvas) -> SafeString:
        found = canvas.images.all()
        context = {"images": [(external_link(str(image)), image) for image in found]}
        return render_to_string("admin/catalog/canvas/images.html", context)

    @admin.display(description=_("kept picture"))
    def kept(self, canvas: Canvas) -> str:
        row = getattr(canvas, "picture", None)
        if row is None:
            return EMPTY
        told = [f"{row.get_outcome_display().capitalize()}.", row.reason]
        if row.sha256:
            told += [f"{row.width} × {row.height} pixels, {row.size:,} bytes.", row.limited]
            is_current = row.outcome in (Picture.Outcome.KEPT, Picture.Outcome.EVICTED)
            if not is_current or row.revision != canvas.pixel_revision:
                told.append(gettext("It is out of date."))
        return " ".join(text for text in told if text)

    @admin.display(description=_("revisions"))
    def revisions(self, canvas: Canvas) -> str:
        text = gettext("picture %(pixels)d, texts %(texts)d")
        return text % {"pixels": canvas.pixel_revision, "texts": canvas.text_revision}
