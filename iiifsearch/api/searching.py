"""REST for searches: by words, by likeness of any kind, by a photo, at random. Open to all."""

from __future__ import annotations

import secrets
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from iiifsearch.api.asked import detail_query, likeness_query, photo_of, scope_of
from iiifsearch.api.base import OpenView
from iiifsearch.api.questions import (
    LikenessQuestion,
    PictureQuestion,
    RandomQuestion,
    RecogniseQuestion,
    WordsQuestion,
)
from iiifsearch.api.recognition_serializers import RecognitionSerializer, recognition_json
from iiifsearch.api.serializers import (
    AnswerSerializer,
    answer_json,
    details_json,
)
from iiifsearch.api.verifying import checked, details
from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine import search as engine
from iiifsearch.engine import words
from iiifsearch.engine.fold import fold
from iiifsearch.engine.hits import Answer
from iiifsearch.engine.recognise import recognise
from iiifsearch.throttles import PictureThrottle


class Search(OpenView):
    @extend_schema(parameters=[WordsQuestion], responses=AnswerSerializer)
    def get(self, request: Request) -> Response:
        """Paintings by words: titles, metadata, comments, what these mean, and what is to be
        seen."""
        asked = WordsQuestion(data=request.query_params)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        answer = _folded(engine.by_words(sent["q"], scope_of(sent)), sent)
        terms, _ = words.parse(sent["q"])
        return Response(answer_json(answer, _wanted(sent), terms=terms))


class Similar(OpenView):
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    throttle_classes = [PictureThrottle]

    @extend_schema(parameters=[LikenessQuestion], responses=AnswerSerializer)
    def get(self, request: Request) -> Response:
        """Paintings that look like canvases of this library, like regions of them, or like a
        palette or a sketch."""
        asked = LikenessQuestion(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return _similar(cast("dict[str, Any]", asked.validated_data))

    @extend_schema(request=PictureQuestion, responses=AnswerSerializer)
    def post(self, request: Request) -> Response:
        """The same, and paintings that look like a picture: uploaded, or at an address. It is not
        kept."""
        asked = PictureQuestion(data=request.data)
        asked.is_valid(raise_exception=True)
        return _similar(cast("dict[str, Any]", asked.validated_data))


class Random(OpenView):
    @extend_schema(parameters=[RandomQuestion], responses=AnswerSerializer)
    def get(self, request: Request) -> Response:
        """Paintings drawn at random; the same ones again for the same seed."""
        asked = RandomQuestion(data=request.query_params)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        seed = sent["seed"] if sent["seed"] is not None else secrets.randbelow(2**31)
        answer = engine.at_random(scope_of(sent), sent["limit"], seed)
        return Response(answer_json(answer, slice(sent["limit"])))


class Recognise(OpenView):
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    throttle_classes = [PictureThrottle]

    @extend_schema(request=RecogniseQuestion, responses=RecognitionSerializer)
    def post(self, request: Request) -> Response:
        """Which paintings of this library a photo shows, and where in it; or that it shows none of
        them. It is not kept."""
        asked = RecogniseQuestion(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = cast("dict[str, Any]", asked.validated_data)
        scope = scope_of(sent)
        pixels, size = photo_of(sent)
        return Response(recognition_json(recognise(pixels, scope), size))


def _wanted(sent: dict[str, Any]) -> slice:
    """Which of all hits are wanted."""
    return slice(sent["offset"], sent["offset"] + sent["limit"])


def _folded(answer: Answer, sent: dict[str, Any]) -> Answer:
    """Each picture once, where that is asked for: of all hits, before some of them are shown."""
    return fold(answer) if "fold" in sent else answer


def _similar(sent: dict[str, Any]) -> Response:
    wanted = _wanted(sent)
    if sent["detail"]:
        found = details(detail_query(sent))
        return Response(details_json(found, wanted, serving(options.region_encoder)))
    query = likeness_query(sent)
    answer = _folded(engine.by_query(query), sent)
    if not sent["verify"]:
        return Response(answer_json(answer, wanted))
    said = checked(query, answer.hits[wanted], sent.get("rule", "calibrated"))
    return Response(answer_json(answer, wanted, said))
