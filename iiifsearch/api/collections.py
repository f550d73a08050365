"""REST for curators: the collections that they may change, and putting paintings into them."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import collecting
from catalog.admin.permissions import editable, may_edit
from catalog.models import Canvas, Collection, State
from iiifsearch.api.base import View
from iiifsearch.api.errors import BadRequestError
from iiifsearch.pages.picking import MOST_PICKED
from iiifsearch.records import records, urls

#: Keys of canvases that an error names.
_NAMED = 5


class MayCollect(BasePermission):
    message = "Changing collections needs the permission 'catalog.change_collection'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and may_edit(request.user))


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    id = serializers.SerializerMethodField(help_text="Where it is published, once it is.")
    state = serializers.CharField(help_text="published or draft")

    class Meta:
        model = Collection
        fields = ["key", "id", "title", "state", "modified_at"]

    def get_id(self, collection: Collection) -> str:
        return urls().collection(collection.key)


class CanvasesRequest(serializers.Serializer[Any]):
    canvases = serializers.ListField(
        child=serializers.CharField(max_length=100),
        allow_empty=False,
        max_length=MOST_PICKED,
        help_text=f"Keys of public canvases, {MOST_PICKED} at most, in the order they shall have.",
    )


class AddedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    already = serializers.IntegerField(help_text="That were in it; they stay in their places.")


class RemovedSerializer(serializers.Serializer[Any]):
    removed = serializers.IntegerField()


class CollectionPages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200


class Collections(View, ListAPIView):
    permission_classes = [MayCollect]
    serializer_class = CollectionSerializer
    pagination_class = CollectionPages

    def get_queryset(self) -> QuerySet[Collection]:
        return editable(self.request.user).order_by("-modified_at", "-pk")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The collections that you may change, drafts among them, the last changed first."""
        return self.list(request, *args, **kwargs)


class CollectionCanvases(View):
    permission_classes = [MayCollect]

    @extend_schema(request=CanvasesRequest, responses=AddedSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Put canvases at the end of a collection. One that is not public: none is added."""
        collection = _collection(request, key)
        keys = _keys(request)
        known = dict(Canvas.objects.filter(key__in=keys).values_list("key", "pk"))
        public = records(known.values())
        unknown = [one for one in keys if known.get(one) not in public]
        if unknown:
            listed = ", ".join(unknown[:_NAMED])
            more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
            raise BadRequestError(
                f"No public canvas has the key {listed}{more}: nothing was added."
            )
        count = collecting.add(collection, [known[one] for one in keys], by=request.user)
        return Response({"added": count, "already": len(keys) - count})

    @extend_schema(request=CanvasesRequest, responses=RemovedSerializer)
    def delete(self, request: Request, key: str) -> Response:
        """Take canvases out of a collection; its rule, if it has one, does not bring them back."""
        collection = _collection(request, key)
        known = Canvas.objects.filter(key__in=_keys(request)).values_list("pk", flat=True)
        return Response({"removed": collecting.remove(collection, list(known), by=request.user)})


def _collection(request: Request, key: str) -> Collection:
    """The curated collection. Raises Http404, PermissionDenied."""
    curated = Collection.objects.filter(uri="").exclude(state=State.WITHDRAWN)
    found = curated.filter(key=key.replace("\x00", "")).first()
    if found is None:
        raise Http404("No collection that curators make has this key.")
    if not may_edit(request.user, found):
        raise PermissionDenied("This collection names other curators: only they may change it.")
    return found


def _keys(request: Request) -> list[str]:
    sent = CanvasesRequest(data=request.data)
    sent.is_valid(raise_exception=True)
    keys = cast("dict[str, list[str]]", sent.validated_data)["canvases"]
    return list(dict.fromkeys(keys))
