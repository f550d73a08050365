"""What the REST API takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.models import HarvestItem, HarvestRun
from iiifsearch.engine.hits import Answer
from iiifsearch.presentation.content_state import content_state
from iiifsearch.records import records, urls


class HarvestRequest(serializers.Serializer[Any]):
    url = serializers.CharField(
        max_length=2000, help_text="Address of a IIIF manifest or collection."
    )


class HarvestItemSerializer(serializers.ModelSerializer[HarvestItem]):
    class Meta:
        model = HarvestItem
        fields = ["url", "outcome", "reason", "warnings", "canvases", "at"]


class HarvestRunSerializer(serializers.ModelSerializer[HarvestRun]):
    url = serializers.CharField(source="source.url")
    counts = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField(help_text="The last hundred outcomes.")

    class Meta:
        model = HarvestRun
        fields = [
            *("id", "url", "state", "message", "counts", "canvases"),
            *("created_at", "started_at", "finished_at", "items"),
        ]

    def get_counts(self, run: HarvestRun) -> dict[str, int]:
        names = ("found", "created", "updated", "unchanged", "failed", "skipped")
        return {name: getattr(run, name) for name in names}

    def get_items(self, run: HarvestRun) -> list[dict[str, Any]]:
        last = run.items.order_by("-id")[:100]
        return list(HarvestItemSerializer(last, many=True).data)


class PictureQuery(serializers.Serializer[Any]):
    """A picture to look for: exactly one of an upload and an address."""

    image = serializers.FileField(required=False, help_text="A JPEG, PNG, WebP, GIF or TIFF file.")
    url = serializers.CharField(required=False, max_length=2000, help_text="Address of an image.")
    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("image" in attrs) == ("url" in attrs):
            raise serializers.ValidationError(
                "Send either a file as 'image' or an address as 'url'."
            )
        return attrs


class HitSerializer(serializers.Serializer[Any]):
    """A painting that was found, with its rights, its score and why."""

    canvas = serializers.CharField(help_text="The canvas's own URI.")
    key = serializers.CharField()
    manifest = serializers.CharField(help_text="Our copy of its manifest, with search services.")
    page = serializers.CharField()
    title = serializers.CharField()
    maker = serializers.CharField()
    date = serializers.CharField()
    thumbnail = serializers.CharField(allow_null=True)
    rights = serializers.CharField()
    required_statement = serializers.JSONField(allow_null=True)
    score = serializers.FloatField(help_text="0 to 1; 1 is first in every channel.")
    shares = serializers.DictField(child=serializers.FloatField())
    why = serializers.ListField(child=serializers.CharField())
    content_state = serializers.CharField(help_text="For viewers that read iiif-content.")


class AnswerSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    notices = serializers.ListField(child=serializers.CharField())
    plans = serializers.DictField(child=serializers.CharField())
    hits = HitSerializer(many=True)


def answer_json(answer: Answer, limit: int) -> dict[str, Any]:
    """An answer's first ``limit`` hits as JSON."""
    hits = answer.hits[:limit]
    shown = records(hit.canvas_id for hit in hits)
    return {
        "total": len(answer.hits),
        "notices": list(answer.notices),
        "plans": answer.plans,
        "hits": [
            {
                "canvas": record.canvas_uri,
                "key": record.canvas.key,
                "manifest": record.manifest_url,
                "page": urls().painting(record.canvas.key),
                "title": record.title,
                "maker": record.maker,
                "date": record.date,
                "thumbnail": record.thumbnail,
                "rights": record.rights,
                "required_statement": record.required_statement,
                "score": round(hit.score, 4),
                "shares": {name: round(share, 4) for name, share in hit.shares.items()},
                "why": list(hit.why),
                "content_state": content_state(record.canvas_uri, None, record.manifest_url),
            }
            for hit in hits
            if (record := shown.get(hit.canvas_id)) is not None
        ],
    }
