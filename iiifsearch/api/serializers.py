"""What searches by REST answer with: dataclasses of the engine turned into JSON, and its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rest_framework import serializers

from catalog.geometry import Rect
from iiifsearch.api.verifying import Checked
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.regions import Detail, Details
from iiifsearch.engine.verify import Match, Point
from iiifsearch.engine.words import QueryTerm
from iiifsearch.excerpts import Excerpt, excerpts
from iiifsearch.metrics.measures import stage
from iiifsearch.presentation.content_state import content_state
from iiifsearch.records import Record, records, urls
from ml.specs import EncoderSpec


class RecordSerializer(serializers.Serializer[Any]):
    """A painting, with its rights."""

    canvas = serializers.CharField(help_text="The canvas's own URI.")
    key = serializers.CharField()
    manifest = serializers.CharField(help_text="Our copy of its manifest, with search services.")
    page = serializers.CharField()
    title = serializers.CharField()
    maker = serializers.CharField()
    date = serializers.CharField()
    width = serializers.IntegerField(help_text="Of the canvas, in its units.")
    height = serializers.IntegerField()
    thumbnail = serializers.CharField(allow_null=True)
    rights = serializers.CharField()
    required_statement = serializers.JSONField(allow_null=True)
    content_state = serializers.CharField(help_text="For viewers that read iiif-content.")


def record_json(record: Record, place: Rect | None = None) -> dict[str, Any]:
    """``place``: what is meant of the canvas, in its units."""
    region = None if place is None else place.rounded_out()
    return {
        "canvas": record.canvas_uri,
        "key": record.canvas.key,
        "manifest": record.manifest_url,
        "page": urls().painting(record.canvas.key),
        "title": record.title,
        "maker": record.maker,
        "date": record.date,
        "width": record.width,
        "height": record.height,
        "thumbnail": record.thumbnail,
        "rights": record.rights,
        "required_statement": record.required_statement,
        "content_state": content_state(record.canvas_uri, region, record.manifest_url),
    }


def rows_of_numbers(help_text: str, allow_null: bool = False) -> serializers.ListField:
    rows = serializers.ListField(child=serializers.FloatField())
    return serializers.ListField(child=rows, allow_null=allow_null, help_text=help_text)


class VerificationSerializer(serializers.Serializer[Any]):
    """What local features and geometry say of a hit and the picture that was asked with."""

    same = serializers.BooleanField(
        allow_null=True, help_text="By the rule; null where it cannot tell."
    )
    inliers = serializers.IntegerField(help_text="Places that agree.")
    probability = serializers.FloatField(help_text="That both show the same: calibrated.")
    agreement = serializers.FloatField(
        allow_null=True,
        help_text="-1 to 1: how alike both look where one is laid upon the other; null where only "
        "points are kept, or too little can be compared.",
    )
    mirrored = serializers.BooleanField()
    outline = rows_of_numbers(
        "Corners of the canvas in the picture, from its top left and clockwise (the other way "
        "round if mirrored): shares of width and height; they may lie outside.",
        allow_null=True,
    )
    homography = rows_of_numbers(
        "Three rows of three: from shares of the canvas to shares of the picture.",
        allow_null=True,
    )


def verification_json(match: Match, same: bool | None) -> dict[str, Any]:
    matrix = match.homography
    return {
        "same": same,
        "inliers": match.inliers,
        "probability": round(match.probability, 6),
        "agreement": None if match.agreement is None else round(match.agreement, 4),
        "mirrored": match.mirrored,
        "outline": None if match.outline is None else rounded_points(match.outline),
        "homography": None if matrix is None else [[float(v) for v in row] for row in matrix],
    }


class ExcerptSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    language = serializers.CharField()


class SameSerializer(RecordSerializer):
    """A hit that shows the same picture as a better one."""

    score = serializers.FloatField()


class HitSerializer(RecordSerializer):
    """A painting that was found, with its score and why."""

    score = serializers.FloatField(
        help_text="0 to 1; 1 is first in every channel that found anything, or the same picture."
    )
    shares = serializers.DictField(
        child=serializers.FloatField(),
        help_text="What each channel or feature gave of the score; they add up to it.",
    )
    similarities = serializers.DictField(
        child=serializers.FloatField(), help_text="By likeness: the cosine by each feature."
    )
    why = serializers.ListField(child=serializers.CharField())
    sentences = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="By words: of a query of several sentences the one that speaks for it most, "
        "by channel.",
    )
    excerpt = ExcerptSerializer(
        required=False, help_text="By words: of the comment that it was found by."
    )
    verification = VerificationSerializer(
        required=False,
        allow_null=True,
        help_text="With verify or detail; null where nothing can be said. Of a detail there is no "
        "outline: 'place' tells where it is.",
    )
    same = SameSerializer(
        many=True,
        required=False,
        help_text="With fold: other hits of the same picture, which come nowhere else.",
    )
    place = serializers.CharField(
        required=False, help_text="With detail: the canvas's URI with #xywh=, in canvas units."
    )


class AnswerSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Hits; with fold those that are left.")
    notices = serializers.ListField(child=serializers.CharField())
    plans = serializers.DictField(
        child=serializers.CharField(), help_text="How each channel or feature was searched."
    )
    cut_offs = serializers.DictField(
        child=serializers.FloatField(),
        help_text="The least measure by which a channel or feature speaks for a hit.",
    )
    rule = serializers.DictField(
        required=False, help_text="With verify: the rule that was gone by, and its thresholds."
    )
    hits = HitSerializer(many=True)


@stage("writing")
def answer_json(
    answer: Answer,
    wanted: slice,
    checked: Checked | None = None,
    terms: Sequence[QueryTerm] = (),
) -> dict[str, Any]:
    """The ``wanted`` hits of an answer as JSON; with what verification says of them, and, where
    ``terms`` were looked for, the comments that they were found by."""
    hits = answer.hits[wanted]
    quoted = excerpts(hits, terms) if terms else {}
    shown = records(one.canvas_id for hit in hits for one in (hit, *hit.same))
    notices = [*answer.notices, *(checked.notices if checked else ())]
    return {
        "total": len(answer.hits),
        "notices": notices,
        "plans": answer.plans,
        "cut_offs": _rounded(answer.cut_offs),
        **({} if checked is None else {"rule": checked.rule}),
        "hits": [
            {
                **record_json(record),
                "score": round(hit.score, 4),
                "shares": _rounded(hit.shares),
                "similarities": _rounded(hit.similarities),
                "why": list(hit.why),
                **({"sentences": hit.sentences} if hit.sentences else {}),
                **_quoted(quoted.get(hit.canvas_id)),
                **_same(hit, shown),
                **({} if checked is None else {"verification": _checked(checked, hit.canvas_id)}),
            }
            for hit in hits
            if (record := shown.get(hit.canvas_id)) is not None
        ],
    }


def _same(hit: Hit, shown: Mapping[int, Record]) -> dict[str, Any]:
    if not hit.same:
        return {}
    there = [(one, shown[one.canvas_id]) for one in hit.same if one.canvas_id in shown]
    return {
        "same": [{**record_json(record), "score": round(one.score, 4)} for one, record in there]
    }


def _quoted(excerpt: Excerpt | None) -> dict[str, Any]:
    if excerpt is None:
        return {}
    return {"excerpt": {"text": excerpt.text, "language": excerpt.language}}


def _checked(checked: Checked, canvas_id: int) -> dict[str, Any] | None:
    match = checked.matches.get(canvas_id)
    return None if match is None else verification_json(match, checked.same.get(canvas_id))


# -- details ------------------------------------------------------------------------------------


def details_json(details: Details, wanted: slice, spec: EncoderSpec) -> dict[str, Any]:
    """``spec``: the encoder of regions that they were found by."""
    found = details.found[wanted]
    shown = records(detail.canvas_id for detail in found)
    return {
        "total": len(details.found),
        "notices": list(details.notices),
        "plans": {spec.name: details.plan},
        "cut_offs": {spec.name: spec.min_similarity},
        "hits": [
            _detail_json(detail, record, spec.name)
            for detail in found
            if (record := shown.get(detail.canvas_id)) is not None
        ],
    }


def _detail_json(detail: Detail, record: Record, feature: str) -> dict[str, Any]:
    place = Rect(*detail.place).scaled(record.width, record.height)
    score = max(0.0, min(1.0, detail.similarity))
    why = [f"a region looks alike (by {feature}: {detail.similarity:.2f})"]
    same = detail.accepted
    if detail.match and same:
        why.insert(0, f"it shows the same detail: {detail.match.inliers} places agree")
    return {
        **record_json(record, place),
        "place": f"{record.canvas_uri}#{place.to_fragment()}",
        "score": round(score, 4),
        "shares": {feature: round(score, 4)},
        "similarities": {feature: round(detail.similarity, 4)},
        "why": why,
        "verification": verification_json(detail.match, same) if detail.match else None,
    }


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(number, 4) for name, number in numbers.items()}


def rounded_points(points: Iterable[Point], places: int = 5) -> list[list[float]]:
    return [[round(x, places), round(y, places)] for x, y in points]
