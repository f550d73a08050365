"""REST for comments: who may writes them, changes them and deletes them.

The answer is always the W3C annotation that is published, with its URL.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import comment_values, commenting
from catalog.comment_values import CommentProblem
from catalog.models import Canvas, Comment, State, identity
from iiifsearch.api.base import View
from iiifsearch.api.comment_reading import Asked, read
from iiifsearch.content_search.annotations import to_annotation_2
from iiifsearch.content_search.find import annotation_of
from iiifsearch.records import records, urls

#: Bytes of a request: a text of the greatest length, in a script of three bytes, with what
#: surrounds it.
MOST_BYTES = 1024 * 1024


class MayComment(BasePermission):
    message = "Writing comments needs the permission 'catalog.add_comment'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return commenting.may_write(request.user)


class SignedIn(BasePermission):
    """Whose comment it is decides about the rest."""

    message = "Sign in, or send a token, to change comments."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated)


class _JSON(JSONParser):
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class _LinkedData(_JSON):
    media_type = "application/ld+json"


class CommentSerializer(serializers.Serializer[Any]):
    """The plain form. An annotation of the Web Annotation Data Model is taken too."""

    canvas = serializers.CharField(help_text="Its permanent key, or its URI.")
    text = serializers.CharField()
    format = serializers.ChoiceField([*comment_values.FORMATS], required=False)
    language = serializers.CharField(required=False, help_text="A BCP 47 tag.")
    motivation = serializers.ChoiceField([*comment_values.MOTIVATIONS], required=False)
    rights = serializers.CharField(required=False, help_text="The URI of a licence.")
    label = serializers.CharField(required=False)  # type: ignore[assignment]  # a field's own name
    xywh = serializers.CharField(required=False, help_text="x,y,w,h in canvas units.")
    state = serializers.ChoiceField([*comment_values.STATES], required=False)


class ChangeSerializer(CommentSerializer):
    canvas = serializers.CharField(required=False, help_text="Cannot be changed.")
    text = serializers.CharField(required=False)


class AnnotationSerializer(serializers.Serializer[Any]):
    """A W3C annotation, Presentation 3."""

    id = serializers.CharField()
    type = serializers.CharField()
    motivation = serializers.CharField()
    body = serializers.JSONField()
    target = serializers.JSONField()


class _Commenting(View):
    parser_classes = [_JSON, _LinkedData]

    def asked(self, request: Request) -> Asked:
        """What the request says. Raises ParseError and serializers.ValidationError."""
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > MOST_BYTES:
            raise ParseError(f"The request has {length:,} bytes; {MOST_BYTES:,} are the most.")
        try:
            return read(request.data)
        except CommentProblem as error:
            raise serializers.ValidationError(error.problems) from error


class Comments(_Commenting):
    permission_classes = [MayComment]

    @extend_schema(request=CommentSerializer, responses={201: AnnotationSerializer})
    def post(self, request: Request) -> Response:
        """Write a comment on a published painting, or a region of it. It can be found within a
        minute."""
        asked = self.asked(request)
        values = dict(asked.values)
        text = values.pop("text", None)
        missing = {"canvas": not asked.canvas, "text": text is None}
        if any(missing.values()):
            told = {name: ["This is required."] for name, lacks in missing.items() if lacks}
            raise serializers.ValidationError(told)
        canvas = public_canvas(asked.canvas)
        values |= _region(asked, canvas)
        try:
            comment = commenting.write(canvas, text, author=request.user, **values)
        except CommentProblem as error:
            raise serializers.ValidationError(error.problems) from error
        body = annotation(comment)
        headers = {"Location": body["id"]}
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)


class OneComment(_Commenting):
    permission_classes = [SignedIn]

    @extend_schema(request=ChangeSerializer, responses=AnnotationSerializer)
    def patch(self, request: Request, key: str) -> Response:
        """Change what a comment says; what is not sent stays. Authors may, and whoever may change
        comments."""
        comment = comment_of(key)
        if not commenting.may_change(request.user, comment):
            raise PermissionDenied(refusal(comment, "change"))
        asked = self.asked(request)
        if asked.canvas and canvas_of(asked.canvas) != comment.canvas:
            told = "A comment stays on its painting: delete it, and write another one."
            raise serializers.ValidationError({"canvas": [told]})
        values = asked.values | _region(asked, comment.canvas)
        try:
            commenting.change(comment, by=request.user, **values)
        except CommentProblem as error:
            raise serializers.ValidationError(error.problems) from error
        return Response(annotation(comment))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a comment for good. Authors may, and whoever may delete comments."""
        comment = comment_of(key)
        if not commenting.may_delete(request.user, comment):
            raise PermissionDenied(refusal(comment, "delete"))
        commenting.delete([comment], by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def canvas_of(name: str) -> Canvas | None:
    """The canvas with this permanent key or URI, published or not."""
    by_key = Canvas.objects.filter(key=name).first()
    return by_key or Canvas.objects.filter(uri=identity(name)).first()


def public_canvas(name: str) -> Canvas:
    """The published canvas with this permanent key or URI. Raises Http404."""
    canvas = canvas_of(name)
    if canvas is None or canvas.pk not in records([canvas.pk]):
        raise Http404(f"No canvas {name[:200]!r} is published here.")
    return canvas


def comment_of(key: str) -> Comment:
    """The comment with this key, whatever its state. Raises Http404."""
    found = Comment.objects.filter(key=key.replace("\0", "")).select_related("canvas").first()
    if found is None:
        raise Http404(f"There is no comment {key[:80]!r}.")
    return found


def annotation(comment: Comment) -> dict[str, Any]:
    """The annotation of a comment, with the page that lists it; one on a painting that is not
    public is told by its URL alone."""
    record = records([comment.canvas_id]).get(comment.canvas_id)
    if record is None:
        return {"id": urls().annotation(comment.key), "type": "Annotation"}
    body = to_annotation_2(annotation_of(comment, record))
    page = {"id": urls().annotation_page(record.canvas.key), "type": "AnnotationPage"}
    return body | {"partOf": [page]}


def refusal(comment: Comment, verb: str) -> str:
    if comment.origin != Comment.Origin.CURATOR:
        return "This text was harvested: correct it at its source, and harvest again."
    if comment.state == State.WITHDRAWN:
        return "This comment was withdrawn."
    return f"It is not yours, and you lack the permission 'catalog.{verb}_comment'."


def _region(asked: Asked, canvas: Canvas) -> dict[str, Any]:
    """The region in canvas units, where something was said of it."""
    if asked.region is None:
        return {}
    try:
        return {"region": asked.region(comment_values.size_of(canvas))}
    except CommentProblem as error:
        raise serializers.ValidationError(error.problems) from error
