"""Manifests: what was harvested, and whether it is public."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import (
    EMPTY,
    external_link,
    link,
    list_url,
    metadata_rows,
    metadata_table,
    published_link,
    thumbnail,
    warnings_table,
)
from catalog.admin.permissions import NotByHand
from catalog.admin.publication import Publication
from catalog.admin.withdrawal import Withdrawal
from catalog.conf import options
from catalog.iiif.language import best
from catalog.models import Canvas, Manifest, ManifestCanvas, State

CANVASES_SHOWN = 48
#: Characters of the JSON that the page itself shows; all of it has a page of its own.
RAW_SHOWN = 50_000


@admin.register(Manifest)
class ManifestAdmin(NotByHand, Withdrawal, Publication):
    """What the source says is not edited here: the next harvest would say it again."""

    list_display = ["cover", "name", "state_pill", "version", "canvas_count", "odd", "harvested_at"]
    list_display_links = ["cover", "name"]
    list_filter = ["state", "version"]
    list_per_page = 50
    search_fields = ["title", "uri", "key__exact"]
    actions = [*Publication.actions, "withdraw", "restore"]
    fieldsets = [
        (None, {"fields": ["state", "why", "published_at", "pictures"]}),
        (
            _("What the source says"),
            {
                "fields": ["title", "summary_text", "facts", "rights", "required", "homepages"],
                "description": _(
                    "As harvested. To correct it, correct the source and harvest again."
                ),
            },
        ),
        (
            _("Where it came from"),
            {"fields": ["uri_link", "url_link", "source", "version", "key", "harvested_at"]},
        ),
        ("Warnings", {"fields": ["remarks"]}),
        ("JSON", {"fields": ["json"], "classes": ["collapse"]}),
    ]
    readonly_fields = [
        *("why", "published_at", "pictures", "title", "summary_text", "facts", "rights"),
        "required",
        *("homepages", "uri_link", "url_link", "source", "version", "key", "harvested_at"),
        *("remarks", "json"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Manifest]:
        places = ManifestCanvas.objects.filter(manifest=OuterRef("pk"))
        cover = places.filter(canvas__picture__outcome="kept").order_by("position")
        count = places.order_by().values("manifest").annotate(n=Count("pk")).values("n")
        length = Func(F("warnings"), function="jsonb_array_length", output_field=IntegerField())
        return (
            super()
            .get_queryset(request)
            .defer("raw", "warnings")
            .annotate(
                cover_id=Subquery(cover.values("canvas_id")[:1]),
                canvas_count=Coalesce(Subquery(count), 0),
                odd=length,
            )
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.raw_view)
        return [path("<int:pk>/raw.json", view, name="catalog_manifest_raw"), *super().get_urls()]

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The manifest's JSON as it was harvested."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        raw = Manifest.objects.filter(pk=pk).values_list("raw", flat=True).first()
        if raw is None:
            raise Http404
        text = json.dumps(raw, ensure_ascii=False, indent=1)
        return HttpResponse(text, content_type="application/json; charset=utf-8")

    # -- the list ------------------------------------------------------------------------------

    @admin.display(description="")
    def cover(self, manifest: Any) -> SafeString:
        return thumbnail(manifest.cover_id)

    @admin.display(description=_("title"), ordering="title")
    def name(self, manifest: Manifest) -> str:
        return str(manifest)

    @admin.display(description=_("canvases"))
    def canvas_count(self, manifest: Any) -> SafeString:
        url = list_url(Canvas, manifests__id__exact=manifest.pk)
        return link(url, manifest.canvas_count)

    @admin.display(description=_("warnings"))
    def odd(self, manifest: Any) -> Any:
        return manifest.odd or EMPTY

    # -- the page ------------------------------------------------------------------------------

    @admin.display(description=_("reason"))
    def why(self, manifest: Manifest) -> str:
        return manifest.state_reason or EMPTY

    @admin.display(description=_("published as"))
    def published_at(self, manifest: Manifest) -> SafeString | str:
        if manifest.state != State.PUBLISHED:
            return gettext("Not published.")
        return published_link("manifest", manifest.key)

    @admin.display(description=_("canvases"))
    def pictures(self, manifest: Manifest) -> SafeString:
        places = ManifestCanvas.objects.filter(manifest=manifest)
        shown = places.select_related("canvas__picture").order_by("position")
        context = {
            "canvases": [place.canvas for place in shown[:CANVASES_SHOWN]],
            "count": places.count(),
            "all_url": list_url(Canvas, manifests__id__exact=manifest.pk),
        }
        return render_to_string("admin/catalog/manifest/canvases.html", context)

    @admin.display(description=_("summary"))
    def summary_text(self, manifest: Manifest) -> str:
        return best(manifest.summary or {}, options.languages) or EMPTY

    @admin.display(description=_("metadata"))
    def facts(self, manifest: Manifest) -> SafeString:
        return metadata_table(manifest.metadata)

    @admin.display(description=_("required statement"))
    def required(self, manifest: Manifest) -> str:
        rows = metadata_rows([manifest.required_statement])
        return ": ".join(part for part in rows[0] if part) if rows else EMPTY

    @admin.display(description=_("homepage"))
    def homepages(self, manifest: Manifest) -> SafeString | str:
        pages = [page for page in manifest.homepage if isinstance(page, dict) and page.get("id")]
        return external_link(str(pages[0]["id"])) if pages else EMPTY

    @admin.display(description=_("id"))
    def uri_link(self, manifest: Manifest) -> SafeString:
        return external_link(manifest.uri)

    @admin.display(description=_("fetched from"))
    def url_link(self, manifest: Manifest) -> SafeString:
        return external_link(manifest.url)

    @admin.display(description=_("warnings"))
    def remarks(self, manifest: Manifest) -> SafeString:
        return warnings_table(manifest.warnings)

    @admin.display(description=_("as harvested"))
    def json(self, manifest: Manifest) -> SafeString:
        text = json.dumps(manifest.raw, ensure_ascii=False, indent=1)
        url = reverse("admin:catalog_manifest_raw", args=[manifest.pk])
        return format_html(
            '<p>{}</p><pre class="json">{}{}</pre>',
            link(url, f"Open all of it ({len(text):,} characters)"),
            text[:RAW_SHOWN],
            "\n…" if len(text) > RAW_SHOWN else "",
        )
