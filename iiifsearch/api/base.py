"""What all views of the REST API share, whatever the project's own REST settings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from iiifsearch.api.authentication import ApiTokenAuthentication
from iiifsearch.api.errors import handle
from iiifsearch.presentation.responses import with_cors
from iiifsearch.throttles import ReadThrottle


class OpenToAll(BasePermission):
    """Anybody: what is asked with POST here reads and stores nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class View(APIView):
    """Of the REST API; only for whom ``permission_classes`` lets in."""

    authentication_classes = [SessionAuthentication, ApiTokenAuthentication]
    renderer_classes = [JSONRenderer]
    throttle_classes = [ReadThrottle]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return handle


class OpenView(View):
    """What anybody may ask, from the pages of any site: a viewer's plugin lives on somebody
    else's."""

    permission_classes = [OpenToAll]

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """The preflight of CORS: nothing to say but the headers."""
        return HttpResponse(status=204)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        done = super().finalize_response(request, response, *args, **kwargs)
        with_cors(done, ", ".join(self.allowed_methods))
        return done
