"""REST for whoever builds a search: what can be asked of this library, and where."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Collection, Manifest, ManifestCanvas, State
from iiifsearch import in_use
from iiifsearch.api.asked import published
from iiifsearch.api.base import OpenView
from iiifsearch.conf import options
from iiifsearch.engine.filters import RIGHTS_GROUPS
from iiifsearch.engine.presets import presets
from iiifsearch.presentation.decorate import DecorationIds
from iiifsearch.records import urls

#: Collections that are told.
_MOST_COLLECTIONS = 200


class FeatureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    weight = serializers.FloatField(help_text="What it counts where a search names none.")


class PresetSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    features = serializers.DictField(
        child=serializers.FloatField(), help_text="Empty: what this library goes by."
    )
    verify = serializers.BooleanField()
    detail = serializers.BooleanField(help_text="Only of a region.")


class FiltersSerializer(serializers.Serializer[Any]):
    rights = serializers.ListField(child=serializers.CharField())
    types = serializers.ListField(
        child=serializers.CharField(), help_text="Types of object, the most frequent first."
    )
    years = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="The first and the last; null where none is known.",
    )


class ShelfSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Our address of the collection.")
    label = serializers.DictField(help_text="A language map.")  # type: ignore[assignment]


class KnownManifestSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Our copy of it, with search services.")
    service = serializers.ListField(
        child=serializers.DictField(), help_text="Both search services, to be added to it."
    )


class LibrarySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    features = FeatureSerializer(many=True)
    presets = PresetSerializer(many=True)
    filters = FiltersSerializer()
    manifest = KnownManifestSerializer(
        allow_null=True, help_text="The manifest that was asked about; null if it is not here."
    )
    collections = ShelfSerializer(
        many=True, help_text="Those which the manifest is in; without one, the top ones."
    )


class Library(OpenView):
    @extend_schema(
        parameters=[OpenApiParameter("manifest", str, description="Its URI, or our address.")],
        responses=LibrarySerializer,
    )
    def get(self, request: Request) -> Response:
        """What can be asked: features, presets, filters, collections, and the search services of
        a manifest, wherever it was opened."""
        sent = request.query_params.get("manifest", "").replace("\x00", "").strip()
        pk = published(Manifest, urls().manifest, sent) if sent else None
        weights = dict(options.features)
        answer = {
            "name": options.site_name,
            "features": [
                {"name": name, "weight": weights.get(name, 0.0)} for name in options.image_encoders
            ],
            "presets": [
                {
                    "name": preset.name,
                    "features": preset.features,
                    "verify": preset.verify,
                    "detail": preset.detail,
                }
                for preset in presets()
            ],
            "filters": {"rights": list(RIGHTS_GROUPS), **in_use.read()},
            "manifest": _known(pk),
            "collections": _collections(pk, bool(sent)),
        }
        return Response(answer)


def _known(pk: int | None) -> dict[str, Any] | None:
    if pk is None:
        return None
    key = Manifest.objects.values_list("key", flat=True).get(pk=pk)
    ids = DecorationIds.of(urls(), key)
    return {"id": ids.manifest, "service": ids.services}


def _collections(pk: int | None, asked: bool) -> list[dict[str, Any]]:
    """Published collections that hold the manifest or a canvas of it; the top ones where none was
    asked about."""
    rows = Collection.objects.filter(state=State.PUBLISHED)
    if not asked:
        rows = rows.filter(parent=None)
    elif pk is None:
        return []
    else:
        shown = ManifestCanvas.objects.filter(manifest_id=pk).values("canvas_id")
        whole = rows.filter(members__manifest_id=pk)
        parts = rows.filter(canvases__canvas_id__in=shown)
        rows = Collection.objects.filter(pk__in=whole.values("pk").union(parts.values("pk")))
    listed = rows.order_by("title", "pk")[:_MOST_COLLECTIONS]
    return [{"id": urls().collection(row.key), "label": _label(row)} for row in listed]


def _label(row: Collection) -> dict[str, list[str]]:
    return row.label or {"none": [row.title]}
