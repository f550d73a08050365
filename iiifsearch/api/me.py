"""Who is asking, and what they may write: for the viewer, on the library's own pages."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import comment_values, commenting
from iiifsearch.api.base import OpenToAll, View


class MaySerializer(serializers.Serializer[Any]):
    comment = serializers.BooleanField(help_text="Write comments.")
    collect = serializers.BooleanField(help_text="Change collections.")


class MeSerializer(serializers.Serializer[Any]):
    user = serializers.CharField(allow_null=True, help_text="null: nobody is signed in.")
    may = MaySerializer()
    csrf = serializers.CharField(
        required=False,
        help_text="What is sent with a session as X-CSRFToken; where somebody is signed in.",
    )


class Me(View):
    """Not for the pages of other sites: no answer of it has headers of CORS."""

    permission_classes = [OpenToAll]

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who is signed in, by session or token, and what they may write."""
        user = request.user
        named = user.is_authenticated
        may = {
            "comment": commenting.may_write(user),
            "collect": user.has_perm("catalog.change_collection"),
        }
        name = comment_values.name_of(user) if named else None
        answer: dict[str, Any] = {"user": name, "may": may}
        if named:
            answer["csrf"] = get_token(request._request)
        return Response(answer, headers={"Cache-Control": "no-store", "Vary": "Cookie"})
