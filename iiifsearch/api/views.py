"""REST for what Content Search cannot say: open and throttled to read, permission to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.geometry import Rect
from catalog.harvest import run as harvesting
from catalog.harvest.run import BadSource
from catalog.harvest.run import request as request_harvest
from catalog.models import HarvestRun
from iiifsearch.api.errors import BadRequestError, handle
from iiifsearch.api.serializers import (
    AnswerSerializer,
    HarvestRequest,
    HarvestRunSerializer,
    PictureQuery,
    RetryRequest,
    RunFilter,
    RunSummarySerializer,
    answer_json,
)
from iiifsearch.content_search.find import public_canvas
from iiifsearch.content_search.params import BadParameter, ResourceQuery
from iiifsearch.engine import search as engine
from iiifsearch.records import records
from iiifsearch.throttles import PictureThrottle, ReadThrottle
from iiifsearch.uploads import picture_at, picture_of_upload


class MayHarvest(BasePermission):
    """Authenticated, and allowed to add sources."""

    message = "Adding a manifest needs the permission 'catalog.add_source'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("catalog.add_source"))


class OpenToAll(BasePermission):
    """Anybody: what is asked with POST here reads and stores nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class View(APIView):
    """What all views here share, whatever the project's own REST settings say."""

    authentication_classes = [SessionAuthentication, TokenAuthentication]
    renderer_classes = [JSONRenderer]
    throttle_classes = [ReadThrottle]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return handle


class MayWatch(BasePermission):
    """Who may harvest, see runs or change them may watch them."""

    message = "Watching harvests needs the permission 'catalog.view_harvestrun'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        names = ("add_source", "view_harvestrun", "change_harvestrun")
        user = request.user
        return bool(user and any(user.has_perm(f"catalog.{name}") for name in names))


class MaySteer(BasePermission):
    message = "Steering a harvest needs the permission 'catalog.change_harvestrun'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("catalog.change_harvestrun"))


class Manifests(View):
    permission_classes = [MayHarvest]

    @extend_schema(request=HarvestRequest, responses={202: HarvestRunSerializer})
    def post(self, request: Request) -> Response:
        """Have a manifest, a collection or a stream of changes harvested; the answer tells where
        to watch."""
        asked = HarvestRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        try:
            run = request_harvest(sent["url"], user=request.user, full=sent["full"])
        except BadSource as error:
            raise BadRequestError(str(error)) from error
        return Response(
            HarvestRunSerializer(run).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/runs/{run.pk}/"},
        )


class RunPages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200


class Runs(View, ListAPIView):
    permission_classes = [MayWatch]
    serializer_class = RunSummarySerializer
    pagination_class = RunPages

    def get_queryset(self) -> QuerySet[HarvestRun]:
        """The newest first."""
        runs = HarvestRun.objects.select_related("source").order_by("-id")
        asked = RunFilter(data={key: v for key, v in self.request.query_params.items() if v})
        asked.is_valid(raise_exception=True)
        return runs.filter(**cast("dict[str, Any]", asked.validated_data))

    @extend_schema(parameters=[RunFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Harvests, the newest first."""
        return self.list(request, *args, **kwargs)


class Run(View):
    permission_classes = [MayWatch]

    @extend_schema(responses=HarvestRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How a harvest goes, or went: its progress, counts, and a reason for whatever failed."""
        return Response(HarvestRunSerializer(_run(pk)).data)


class Pause(View):
    permission_classes = [MaySteer]

    @extend_schema(request=None, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Leave a harvest, and the pictures that it asked for, as they are for now."""
        harvesting.pause(_run(pk))
        return Response(HarvestRunSerializer(_run(pk)).data)


class Resume(View):
    permission_classes = [MaySteer]

    @extend_schema(request=None, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Go on with a paused harvest."""
        harvesting.resume(_run(pk))
        return Response(HarvestRunSerializer(_run(pk)).data)


class Cancel(View):
    permission_classes = [MaySteer]

    @extend_schema(request=None, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """End a harvest where it is; what it stored stays."""
        harvesting.cancel(_run(pk))
        return Response(HarvestRunSerializer(_run(pk)).data)


class Retry(View):
    permission_classes = [MaySteer]

    @extend_schema(request=RetryRequest, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Try again what failed in a harvest: all of it, or what failed for one kind of reason,
        at one host."""
        asked = RetryRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        harvesting.retry(_run(pk), **cast("dict[str, Any]", asked.validated_data))
        return Response(HarvestRunSerializer(_run(pk)).data)


def _run(pk: int) -> HarvestRun:
    run = HarvestRun.objects.select_related("source").filter(pk=pk).first()
    if run is None:
        raise Http404(f"There is no harvest run {pk}.")
    return run


_LIMIT = OpenApiParameter("limit", int, description="Hits to answer with, 1 to 100; 20 if absent.")


class Search(View):
    permission_classes = [OpenToAll]

    @extend_schema(
        parameters=[OpenApiParameter("q", str, required=True), _LIMIT], responses=AnswerSerializer
    )
    def get(self, request: Request) -> Response:
        """Paintings by words: titles, metadata, comments, and what these mean."""
        query = request.query_params.get("q", "").replace("\x00", " ").strip()
        if not query:
            raise BadRequestError("The parameter q must hold the words to look for.")
        return Response(answer_json(engine.by_words(query), _limit(request)))


class Similar(View):
    permission_classes = [OpenToAll]
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    throttle_classes = [PictureThrottle]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "canvas",
                str,
                required=True,
                description="A canvas URI, with #xywh=x,y,w,h for a region of it.",
            ),
            _LIMIT,
        ],
        responses=AnswerSerializer,
    )
    def get(self, request: Request) -> Response:
        """Paintings that look like a canvas of this library, or like a region of it."""
        asked = request.query_params.get("canvas", "").replace("\0", "").strip()
        if not asked:
            raise BadRequestError("The parameter canvas must hold a canvas's URI.")
        try:
            resource = ResourceQuery.parse(asked)
        except BadParameter as error:
            raise BadRequestError(str(error)) from error
        canvas = public_canvas(resource.uri)
        if canvas is None:
            raise Http404(f"No canvas {resource.uri} is published here.")
        region = None
        if resource.fragment:
            record = records([canvas.pk])[canvas.pk]
            box = resource.region(record.width, record.height)
            region = None if box is None else Rect(*box)
        return Response(answer_json(engine.by_canvas(canvas, region=region), _limit(request)))

    @extend_schema(request=PictureQuery, responses=AnswerSerializer)
    def post(self, request: Request) -> Response:
        """Paintings that look like a picture: uploaded, or at an address. It is not kept."""
        asked = PictureQuery(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        if "image" in sent:
            picture = picture_of_upload(sent["image"])
        else:
            picture = picture_at(sent["url"])
        return Response(answer_json(engine.by_picture(picture), sent["limit"]))


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "20")
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= 100:
        raise BadRequestError(f"limit={text!r}: a whole number from 1 to 100 is wanted.")
    return int(text)
