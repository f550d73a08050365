"""Where things come from, and what happened each time we asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Source(models.Model):
    """A URL that was handed to us: a manifest or a collection."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", "not yet read"
        MANIFEST = "manifest", "manifest"
        COLLECTION = "collection", "collection"

    url = models.TextField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.UNKNOWN)
    label = models.TextField(blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    class Meta:
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return self.label or self.url


class HarvestRun(models.Model):
    """One harvest of one source: its progress while it runs, its record afterwards.

    The counts add up: ``found = created + updated + unchanged + failed + skipped`` once it has
    ended.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    found = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    canvases = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True, help_text="What went wrong, or which limit bit.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_state_display()})"


class HarvestItem(models.Model):
    """What became of one URL in one run, and why."""

    class Outcome(models.TextChoices):
        CREATED = "created", "new"
        UPDATED = "updated", "changed"
        UNCHANGED = "unchanged", "unchanged"
        FAILED = "failed", "failed"
        SKIPPED = "skipped", "skipped"

    run = models.ForeignKey(HarvestRun, on_delete=models.CASCADE, related_name="items")
    url = models.TextField()
    outcome = models.CharField(max_length=9, choices=Outcome)
    reason = models.TextField(blank=True)
    warnings = models.JSONField(default=list, blank=True)
    canvases = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "outcome"])]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.url}"
