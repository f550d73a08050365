"""What the REST API takes and gives."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.harvest.progress import Progress, failures_of, progress_of
from catalog.models import HarvestItem, HarvestRun
from iiifsearch.engine.hits import Answer
from iiifsearch.presentation.content_state import content_state
from iiifsearch.records import records, urls


class HarvestRequest(serializers.Serializer[Any]):
    url = serializers.CharField(
        max_length=2000,
        help_text="Address of a IIIF manifest, of a collection, or of a stream of changes.",
    )
    full = serializers.BooleanField(
        default=False,
        help_text="Read everything anew, also what the server calls unchanged. A harvest that is "
        "under way already goes on as it is.",
    )


class RunFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=HarvestRun.State.choices, required=False)


class RetryRequest(serializers.Serializer[Any]):
    """Which failures are to be tried again: all, or those of one kind, of one host."""

    kind = serializers.CharField(max_length=30, default="", allow_blank=True)
    host = serializers.CharField(max_length=300, default="", allow_blank=True)


class HarvestItemSerializer(serializers.ModelSerializer[HarvestItem]):
    class Meta:
        model = HarvestItem
        fields = [
            *("url", "outcome", "kind", "host", "reason", "warnings", "canvases"),
            *("attempts", "due_at", "at"),
        ]


class ProgressSerializer(serializers.Serializer[Progress]):
    """How far a run is. ``found = pending + dealt_with`` count URLs, the others pictures:
    ``wanted = waiting + fetched + skipped + failed``, ``fetched = to_extract + extracted``."""

    state = serializers.ChoiceField(choices=HarvestRun.State.choices)
    moving = serializers.BooleanField(help_text="Whether anything is still to be done.")
    total = serializers.IntegerField(help_text="Steps: a URL is one, a picture two.")
    done = serializers.IntegerField(help_text="Steps that are behind us.")
    found = serializers.IntegerField()
    pending = serializers.IntegerField()
    dealt_with = serializers.IntegerField()
    wanted = serializers.IntegerField()
    waiting = serializers.IntegerField()
    fetched = serializers.IntegerField()
    to_extract = serializers.IntegerField()
    extracted = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    rate = serializers.FloatField(
        allow_null=True, help_text="Steps a second, of late; null where nothing moved."
    )
    seconds_left = serializers.FloatField(
        allow_null=True, help_text="At that rate; null where nobody can tell."
    )
    resumes_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next URL is due, where all that is left waits."
    )


class FailureGroupSerializer(serializers.Serializer[Any]):
    """Failures of one kind at one host, with the reason of one of them."""

    what = serializers.ChoiceField(choices=[("url", "URLs"), ("picture", "pictures")])
    kind = serializers.CharField()
    host = serializers.CharField()
    count = serializers.IntegerField()
    example = serializers.CharField()


class RunSummarySerializer(serializers.ModelSerializer[HarvestRun]):
    url = serializers.CharField(source="source.url")
    counts = serializers.SerializerMethodField()

    class Meta:
        model = HarvestRun
        fields = [
            *("id", "url", "state", "full", "message", "counts", "canvases"),
            *("created_at", "started_at", "finished_at"),
        ]

    def get_counts(self, run: HarvestRun) -> dict[str, int]:
        names = ("found", "pending", "created", "updated", "unchanged", "failed", "skipped")
        return {name: getattr(run, name) for name in names}


class HarvestRunSerializer(RunSummarySerializer):
    progress = serializers.SerializerMethodField()
    failures = serializers.SerializerMethodField(help_text="The most frequent first.")
    items = serializers.SerializerMethodField(help_text="The last hundred outcomes.")

    class Meta(RunSummarySerializer.Meta):
        fields = [*RunSummarySerializer.Meta.fields, "progress", "failures", "items"]

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, run: HarvestRun) -> dict[str, Any]:
        return dict(ProgressSerializer(progress_of(run)).data)

    @extend_schema_field(FailureGroupSerializer(many=True))
    def get_failures(self, run: HarvestRun) -> list[dict[str, Any]]:
        return list(FailureGroupSerializer(failures_of(run), many=True).data)

    @extend_schema_field(HarvestItemSerializer(many=True))
    def get_items(self, run: HarvestRun) -> list[dict[str, Any]]:
        last = run.items.exclude(outcome=HarvestItem.Outcome.PENDING).order_by("-id")[:100]
        return list(HarvestItemSerializer(last, many=True).data)


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
    score = serializers.FloatField(
        help_text="0 to 1; 1 is first in every channel, or the same picture."
    )
    shares = serializers.DictField(
        child=serializers.FloatField(),
        help_text="What each channel or feature gave of the score; they add up to it.",
    )
    similarities = serializers.DictField(
        child=serializers.FloatField(), help_text="By likeness: the cosine by each feature."
    )
    why = serializers.ListField(child=serializers.CharField())
    content_state = serializers.CharField(help_text="For viewers that read iiif-content.")


class AnswerSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    notices = serializers.ListField(child=serializers.CharField())
    plans = serializers.DictField(
        child=serializers.CharField(), help_text="How each channel or feature was searched."
    )
    cut_offs = serializers.DictField(
        child=serializers.FloatField(),
        help_text="The least measure by which a channel or feature speaks for a hit.",
    )
    hits = HitSerializer(many=True)


def answer_json(answer: Answer, limit: int) -> dict[str, Any]:
    """An answer's first ``limit`` hits as JSON."""
    hits = answer.hits[:limit]
    shown = records(hit.canvas_id for hit in hits)
    return {
        "total": len(answer.hits),
        "notices": list(answer.notices),
        "plans": answer.plans,
        "cut_offs": _rounded(answer.cut_offs),
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
                "shares": _rounded(hit.shares),
                "similarities": _rounded(hit.similarities),
                "why": list(hit.why),
                "content_state": content_state(record.canvas_uri, None, record.manifest_url),
            }
            for hit in hits
            if (record := shown.get(hit.canvas_id)) is not None
        ],
    }


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(number, 4) for name, number in numbers.items()}
