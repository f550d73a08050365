"""REST for harvests: who may, has them begun, watched and steered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import journal
from catalog.harvest import run as harvesting
from catalog.harvest.run import BadSource
from catalog.harvest.run import request as request_harvest
from catalog.models import HarvestRun
from iiifsearch.api.base import View
from iiifsearch.api.errors import BadRequestError
from iiifsearch.api.harvest_serializers import (
    HarvestRequest,
    HarvestRunSerializer,
    RetryRequest,
    RunFilter,
    RunSummarySerializer,
)


class MayHarvest(BasePermission):
    """Authenticated, and allowed to add sources."""

    message = "Adding a manifest needs the permission 'catalog.add_source'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("catalog.add_source"))


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
        return _steered(request, pk, harvesting.pause, "Paused.")


class Resume(View):
    permission_classes = [MaySteer]

    @extend_schema(request=None, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Go on with a paused harvest."""
        return _steered(request, pk, harvesting.resume, "Resumed.")


class Cancel(View):
    permission_classes = [MaySteer]

    @extend_schema(request=None, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """End a harvest where it is; what it stored stays."""
        return _steered(request, pk, harvesting.cancel, "Cancelled.")


class Retry(View):
    permission_classes = [MaySteer]

    @extend_schema(request=RetryRequest, responses=HarvestRunSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Try again what failed in a harvest: all of it, or what failed for one kind of reason,
        at one host."""
        asked = RetryRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        which = cast("dict[str, Any]", asked.validated_data)
        retry = partial(harvesting.retry, **which)
        return _steered(request, pk, retry, "What failed is tried again.")


def _steered(
    request: Request, pk: int, service: Callable[[HarvestRun], int | None], said: str
) -> Response:
    """Call one service, write down who did, and answer how the harvest is now. A service that
    counts, and finds nothing to do, leaves nothing to write."""
    run = _run(pk)
    if service(run) != 0:
        journal.note(request.user, run, said)
    return Response(HarvestRunSerializer(_run(pk)).data)


def _run(pk: int) -> HarvestRun:
    run = HarvestRun.objects.select_related("source").filter(pk=pk).first()
    if run is None:
        raise Http404(f"There is no harvest run {pk}.")
    return run
