"""Errors of the REST API: JSON that says what happened, to what, and what to do."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from catalog.collecting import NotCurated
from catalog.decode import PictureError
from catalog.harvest.run import WrongState
from catalog.http import FetchError
from catalog.images import ImageError, RegionOutsideCanvas
from iiifsearch.decisions.batch import NothingToUndo, TooMany
from iiifsearch.decisions.pairs import NoSuchPair
from iiifsearch.engine.query import BadQuery
from iiifsearch.engine.recognise import SwitchedOff
from iiifsearch.engine.regions import NoRegions
from iiifsearch.engine.suggest import NoSuggestion
from ml.errors import MLError


class BadRequestError(APIException):
    """What was sent cannot be worked with; the message says why."""

    status_code = status.HTTP_400_BAD_REQUEST


#: Errors of the services below, and the status that each of them means to a client; the first
#: that fits counts.
STATUS: dict[type[Exception], int] = {
    BadQuery: status.HTTP_400_BAD_REQUEST,
    PictureError: status.HTTP_400_BAD_REQUEST,
    FetchError: status.HTTP_400_BAD_REQUEST,
    RegionOutsideCanvas: status.HTTP_400_BAD_REQUEST,
    NotCurated: status.HTTP_409_CONFLICT,
    TooMany: status.HTTP_400_BAD_REQUEST,
    NoSuchPair: status.HTTP_404_NOT_FOUND,
    NothingToUndo: status.HTTP_409_CONFLICT,
    NoSuggestion: status.HTTP_409_CONFLICT,
    WrongState: status.HTTP_409_CONFLICT,
    NoRegions: status.HTTP_501_NOT_IMPLEMENTED,
    SwitchedOff: status.HTTP_501_NOT_IMPLEMENTED,
    ImageError: status.HTTP_502_BAD_GATEWAY,
    MLError: status.HTTP_503_SERVICE_UNAVAILABLE,
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's handler, which also knows the errors of our own services."""
    for kind, code in STATUS.items():
        if isinstance(error, kind):
            return Response({"detail": str(error)}, status=code)
    response: Response | None = exception_handler(error, context)
    return response
