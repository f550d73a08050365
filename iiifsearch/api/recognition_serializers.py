"""What recognition by REST answers with: the paintings that a photo shows, and where in it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from iiifsearch.api.serializers import (
    RecordSerializer,
    record_json,
    rounded_points,
    rows_of_numbers,
)
from iiifsearch.engine.recognise import Recognition
from iiifsearch.records import records


class OutlineSerializer(serializers.Serializer[Any]):
    """Four corners of the painting, from its top left and clockwise; they may lie outside."""

    pixels = rows_of_numbers("In pixels of the photo.")
    shares = rows_of_numbers("In shares of its width and height.")


class RecognisedSerializer(serializers.Serializer[Any]):
    canvas = RecordSerializer()
    probability = serializers.FloatField()
    inliers = serializers.IntegerField(help_text="Places that agree.")
    mirrored = serializers.BooleanField()
    outline = OutlineSerializer()
    also = RecordSerializer(
        many=True, help_text="Other records that show the same picture at the same place."
    )


class PhotoSerializer(serializers.Serializer[Any]):
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class RecognitionSerializer(serializers.Serializer[Any]):
    found = RecognisedSerializer(many=True, help_text="The surest first.")
    confidence = serializers.FloatField(
        help_text="0 to 1: that the least sure of them is right, or that it is none of ours."
    )
    candidates = serializers.IntegerField(help_text="Paintings that were looked at closely.")
    photo = PhotoSerializer(help_text="What the outlines' pixels count in.")
    notices = serializers.ListField(child=serializers.CharField())


def recognition_json(answer: Recognition, size: tuple[int, int]) -> dict[str, Any]:
    """``size``: width and height of the photo in pixels."""
    ids = {one.match.canvas_id for one in answer.found}
    shown = records(ids | {pk for one in answer.found for pk in one.also})
    return {
        "found": [
            {
                "canvas": record_json(record),
                "probability": round(one.match.probability, 6),
                "inliers": one.match.inliers,
                "mirrored": one.match.mirrored,
                "outline": {
                    "pixels": rounded_points(
                        [(x * size[0], y * size[1]) for x, y in one.match.outline or ()], 1
                    ),
                    "shares": rounded_points(one.match.outline or ()),
                },
                "also": [record_json(shown[pk]) for pk in one.also if pk in shown],
            }
            for one in answer.found
            if (record := shown.get(one.match.canvas_id)) is not None
        ],
        "confidence": round(answer.confidence, 6),
        "candidates": answer.candidates,
        "photo": {"width": size[0], "height": size[1]},
        "notices": list(answer.notices),
    }
