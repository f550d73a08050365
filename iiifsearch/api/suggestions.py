"""REST for what might be said of a painting: comments that fit it, and tags, for curators."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Canvas, State
from iiifsearch.api.asked import LIMIT, limit_of
from iiifsearch.api.base import View
from iiifsearch.decisions.batch import MOST_AT_ONCE
from iiifsearch.decisions.tags import decide
from iiifsearch.engine import classes, suggest
from iiifsearch.models import TagGuess


class MayDescribe(BasePermission):
    """Who may write comments on paintings."""

    message = "Suggestions need the permission 'catalog.add_comment'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("catalog.add_comment"))


class FittingSerializer(serializers.Serializer[Any]):
    similarity = serializers.FloatField(help_text="Cosine, -1 to 1, of comment and picture.")
    comment = serializers.CharField()
    language = serializers.CharField()
    key = serializers.CharField(help_text="Of the canvas that it was written of.")
    title = serializers.CharField(help_text="Of that canvas.")


class GuessSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="As the metadata row is called that says it; or tag.")
    text = serializers.CharField()
    relevance = serializers.FloatField(help_text="0 to 1: how much of the neighbours' say it has.")
    score = serializers.FloatField(help_text="The same, the more the rarer the tag is.")
    vouchers = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of canvases that bear it, nearest first."
    )
    borne = serializers.BooleanField(help_text="The painting bears it already.")
    id = serializers.IntegerField(
        allow_null=True,
        help_text="By which it is decided; null where it is not among those to decide on.",
    )
    decision = serializers.CharField(
        help_text="What a curator said of it: right or wrong; empty: nothing yet."
    )


class DoubtSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    text = serializers.CharField()
    relevance = serializers.FloatField(help_text="0 to 1: how much they agree on another.")
    decision = serializers.CharField(help_text="right, wrong, or empty: nothing yet.")


class DecisionsSerializer(serializers.Serializer[Any]):
    guesses = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=MOST_AT_ONCE,
        help_text="Ids, as /api/suggestions/ gives them.",
    )
    decision = serializers.ChoiceField(
        ["right", "wrong", "open"], help_text='"open": nobody has said anything of them.'
    )


class DecidedSerializer(serializers.Serializer[Any]):
    decided = serializers.IntegerField()
    already = serializers.IntegerField(
        help_text="Those that had been decided so, or are no longer there."
    )
    batch = serializers.IntegerField(
        allow_null=True, help_text="By which the decisions are undone; null where there are none."
    )


class FitSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Of the collection.")
    title = serializers.CharField()
    similarity = serializers.FloatField(help_text="Cosine with the middle of its examples.")
    least = serializers.FloatField(help_text="What a painting of the class reaches.")


class SuggestionsSerializer(serializers.Serializer[Any]):
    comments = FittingSerializer(many=True)
    tags = GuessSerializer(many=True)
    doubtful = DoubtSerializer(
        many=True, help_text="Tags that it bears, while its neighbours agree on another."
    )
    collection = FitSerializer(
        allow_null=True,
        help_text="Of those that teach a class, the one whose examples it is like; null: none.",
    )


class Suggestions(View):
    permission_classes = [MayDescribe]

    @extend_schema(
        parameters=[
            OpenApiParameter("canvas", str, required=True, description="The canvas's key."),
            LIMIT,
        ],
        responses=SuggestionsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Comments on other paintings that fit what this one shows, tags that paintings like it
        bear, and the collection that it would belong to, of those that teach a class."""
        key = request.query_params.get("canvas", "").replace("\x00", "")
        canvas = get_object_or_404(Canvas.objects.exclude(state=State.WITHDRAWN), key=key)
        limit = limit_of(request)
        comments, tags = suggest.comments(canvas, limit), suggest.tags(canvas, limit)
        fit = classes.of(canvas)
        return Response(
            {
                "comments": _comments(comments),
                "tags": _tags(canvas, tags),
                "doubtful": _doubtful(canvas),
                "collection": None if fit is None else _collection(fit),
            }
        )


class MayDecide(BasePermission):
    """Who may decide on guessed tags."""

    message = "Decisions need the permission 'iiifsearch.change_tagguess'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("iiifsearch.change_tagguess"))


class Decisions(View):
    permission_classes = [MayDecide]

    @extend_schema(request=DecisionsSerializer, responses=DecidedSerializer)
    def post(self, request: Request) -> Response:
        """Decide guessed tags: a missing one that is right is written as the caller's comment, a
        doubtful one that is wrong is withdrawn."""
        sent = DecisionsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        word = sent.validated_data["decision"]
        decision = TagGuess.Decision("" if word == "open" else word)
        found = decide(sent.validated_data["guesses"], decision, by=cast(User, request.user))
        made = None if found.batch is None else found.batch.pk
        return Response({"decided": found.count, "already": found.already, "batch": made})


def _collection(fit: classes.Fit) -> dict[str, Any]:
    return {
        "key": fit.collection.key,
        "title": fit.collection.title,
        "similarity": round(fit.similarity, 4),
        "least": round(fit.least, 4),
    }


def _comments(found: list[suggest.Fitting]) -> list[dict[str, Any]]:
    return [
        {
            "similarity": round(one.similarity, 4),
            "comment": one.comment.body,
            "language": one.comment.language,
            "key": one.comment.canvas.key,
            "title": one.comment.canvas.title,
        }
        for one in found
    ]


def _tags(canvas: Canvas, found: list[suggest.GuessedTag]) -> list[dict[str, Any]]:
    ids = {pk for one in found for pk in one.vouchers}
    keys = dict(Canvas.objects.filter(pk__in=ids).values_list("pk", "key"))
    rows = TagGuess.objects.filter(canvas=canvas, kind=TagGuess.Kind.MISSING)
    known = {row.mark: row for row in rows}
    return [
        {
            "kind": one.tag.label or "tag",
            "text": one.tag.text,
            "relevance": round(one.relevance, 4),
            "score": round(one.score, 4),
            "vouchers": [keys[pk] for pk in one.vouchers if pk in keys],
            "borne": one.borne,
            "id": known[one.tag.mark].pk if one.tag.mark in known else None,
            "decision": known[one.tag.mark].decision if one.tag.mark in known else "",
        }
        for one in found
    ]


def _doubtful(canvas: Canvas) -> list[dict[str, Any]]:
    rows = TagGuess.objects.filter(canvas=canvas, kind=TagGuess.Kind.DOUBTFUL)
    return [
        {
            "id": row.pk,
            "kind": row.label,
            "text": row.text,
            "relevance": round(row.relevance, 4),
            "decision": row.decision,
        }
        for row in rows.order_by("-relevance", "pk")
    ]
