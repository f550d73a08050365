"""REST for decisions: verdicts on pairs, and undoing whatever one decided."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from iiifsearch.api.base import View
from iiifsearch.decisions import batch, pairs
from iiifsearch.models import Batch, Duplicate

#: What opens a pair again is called so here; the database has "".
OPEN = "open"


class MayDecide(BasePermission):
    """Who may say what a pair is."""

    message = "Deciding on pairs needs the permission 'iiifsearch.change_duplicate'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("iiifsearch.change_duplicate"))


class VerdictsQuestion(serializers.Serializer[Any]):
    pairs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=batch.MOST_AT_ONCE,
        help_text="Ids of pairs, as /api/duplicates/ has them.",
    )
    verdict = serializers.ChoiceField(
        choices=[choice.value or OPEN for choice in Duplicate.Decision],
        help_text=f"What all of them are; '{OPEN}' opens them again.",
    )
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=2000,
        help_text="Why; without it, what is noted stays.",
    )


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """Decisions that were taken at once, and can be undone at once."""

    id = serializers.IntegerField(help_text="For /api/decisions/ID/undo/.")
    said = serializers.CharField(help_text="What was decided, in words.")
    count = serializers.IntegerField(help_text="How many decisions these are.")

    class Meta:
        model = Batch
        fields = ["id", "subject", "said", "count", "at", "undone_at"]


class VerdictsAnswer(serializers.Serializer[Any]):
    decided = serializers.IntegerField(help_text="Pairs of which this is another verdict.")
    batch = BatchSerializer(allow_null=True, help_text="Null where nothing changed.")


class UndoneSerializer(BatchSerializer):
    restored = serializers.IntegerField(
        help_text="Decisions that were brought back; the others were decided anew since, or are "
        "there no more."
    )

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "restored"]


class Verdicts(View):
    permission_classes = [MayDecide]

    @extend_schema(request=VerdictsQuestion, responses=VerdictsAnswer)
    def post(self, request: Request) -> Response:
        """Say what pairs are: all of them, or none where one is not there."""
        asked = VerdictsQuestion(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        verdict = "" if sent["verdict"] == OPEN else sent["verdict"]
        user = cast(User, request.user)
        done = pairs.decide(sent["pairs"], verdict, by=user, note=sent.get("note"))
        told = None if done is None else BatchSerializer(done).data
        return Response({"decided": done.count if done else 0, "batch": told})


class Undo(View):
    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses=UndoneSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Undo a batch of one's own decisions."""
        user = cast(User, request.user)
        needed = batch.NEEDED[Batch.Subject(batch.own(pk, user).subject)]
        if not user.has_perm(needed):
            raise PermissionDenied(f"Undoing this needs the permission '{needed}'.")
        return Response(UndoneSerializer(batch.undo(pk, user)).data)
