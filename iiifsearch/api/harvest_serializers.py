"""What the REST API takes and gives of harvests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.harvest.progress import Progress, failures_of, progress_of
from catalog.models import HarvestItem, HarvestRun


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
