"""REST for near-duplicates: what shows the same picture, in groups, for curators."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Canvas
from iiifsearch.api.base import View
from iiifsearch.index.duplicates import MOST_PAIRS, groups, pairs_among
from iiifsearch.models import Duplicate

#: Of a group that many canvases are listed, and so many of its pairs: the surest.
MOST_OF_GROUP = 200


class MayCompare(BasePermission):
    """Who may see near-duplicates, or decide on them."""

    message = "Near-duplicates need the permission 'iiifsearch.view_duplicate'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        names = ("view_duplicate", "change_duplicate")
        user = request.user
        return bool(user and any(user.has_perm(f"iiifsearch.{name}") for name in names))


class MemberSerializer(serializers.ModelSerializer[Canvas]):
    canvas = serializers.CharField(source="raw_id", help_text="The canvas's own URI.")
    state = serializers.CharField(help_text="A draft may be among them.")

    class Meta:
        model = Canvas
        fields = ["id", "canvas", "key", "title", "maker", "date_text", "state"]


class PairSerializer(serializers.ModelSerializer[Duplicate]):
    outline = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        allow_null=True,
        help_text="Corners of the first in the second, in shares of its width and height.",
    )
    changed = serializers.BooleanField(
        help_text="A picture is another one than that which the decision is of."
    )

    class Meta:
        model = Duplicate
        fields = [
            *("id", "first", "second", "similarity", "inliers", "probability", "mirrored"),
            *("outline", "decision", "decided_at", "note", "changed", "found_at"),
        ]


class GroupSerializer(serializers.Serializer[Any]):
    """Canvases that show the same picture, one by one or by way of others."""

    size = serializers.IntegerField()
    canvases = MemberSerializer(many=True)
    pairs = PairSerializer(many=True, help_text="The surest first.")


class GroupPages(PageNumberPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 100


class GroupPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Groups in all.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    notices = serializers.ListField(child=serializers.CharField())
    results = GroupSerializer(many=True)


class Duplicates(View):
    permission_classes = [MayCompare]

    @extend_schema(
        parameters=[
            OpenApiParameter("page", int),
            OpenApiParameter("limit", int, description="Groups a page, 1 to 100; 20 if absent."),
        ],
        responses=GroupPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Canvases that show the same picture, in groups, the largest first. Pairs that were called
        different join nothing."""
        found, pages = groups(), GroupPages()
        page = pages.paginate_queryset(found.groups, request, view=self)
        answer = pages.get_paginated_response([group_json(group) for group in page or []])
        notices = [f"Only the first {MOST_PAIRS} pairs were joined."] if found.capped else []
        return Response({**answer.data, "notices": notices})


def group_json(group: tuple[int, ...]) -> dict[str, Any]:
    listed = group[:MOST_OF_GROUP]
    canvases = Canvas.objects.filter(pk__in=listed).order_by("pk")
    return {
        "size": len(group),
        "canvases": MemberSerializer(canvases, many=True).data,
        "pairs": PairSerializer(pairs_among(listed, MOST_OF_GROUP), many=True).data,
    }
