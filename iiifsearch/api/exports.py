"""REST for taking a collection away: the same files as in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from catalog.models import Collection, State
from iiifsearch.api.base import OpenView
from iiifsearch.api.errors import BadRequestError
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.subjects import FORMS, NoExport, export

#: Paintings of a collection that can be had in one answer.
MOST = 20_000


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class _FormatIsOurs(DefaultContentNegotiation):
    """``?format=`` says which file is meant, and not how an error is written."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class CollectionExport(OpenView):
    content_negotiation_class = _FormatIsOurs

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=list(FORMS), description="csv if absent."),
            OpenApiParameter(
                "public", bool, description="Only what is public, also for who may see drafts."
            ),
        ],
        responses={(200, content_type): OpenApiTypes.BINARY for content_type in FORMS.values()},
    )
    def get(self, request: Request, key: str) -> Any:
        """A collection with its members in order. Anybody may have what is public; who may see
        collections in the admin has drafts too, marked in `state`."""
        drafts = request.user.has_perm("catalog.view_collection") and not _yes(request, "public")
        states = Asked(drafts=drafts).states
        rows = Collection.objects.filter(key=key.replace("\0", ""), state__in=states)
        found = rows.select_related("parent").first()
        if found is None:
            raise Http404(_absent(key))
        asked = Asked(collection=found, drafts=drafts)
        if len(asked.canvases().values_list("pk")[: MOST + 1]) > MOST:
            raise TooLarge(
                f"This collection holds more than {MOST:,} paintings, the most that are sent at "
                "once. manage.py export writes it whole; /iiif/collection/ lists its manifests."
            )
        try:
            file = export("collections", request.query_params.get("format") or "csv", asked)
        except NoExport as error:
            raise BadRequestError(str(error)) from error
        response = StreamingHttpResponse(file.pieces, content_type=file.content_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        # Who asks decides what is in it.
        response["Cache-Control"] = "private, no-cache"
        return response


def _yes(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("1", "true", "yes")


def _absent(key: str) -> str:
    if Collection.objects.filter(key=key.replace("\0", ""), state=State.WITHDRAWN).exists():
        return "This collection was withdrawn."
    return "No collection with this key is published here."
