"""What all views of the REST API share, whatever the project's own REST settings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from iiifsearch.api.errors import handle
from iiifsearch.throttles import ReadThrottle


class OpenToAll(BasePermission):
    """Anybody: what is asked with POST here reads and stores nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class View(APIView):
    authentication_classes = [SessionAuthentication, TokenAuthentication]
    renderer_classes = [JSONRenderer]
    throttle_classes = [ReadThrottle]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return handle
