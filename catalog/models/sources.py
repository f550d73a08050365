"""Where things come from, and what happened each time we asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """A URL that was handed to us: a manifest, a collection, or a stream of changes."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", _("not yet read")
        MANIFEST = "manifest", _("manifest")
        COLLECTION = "collection", _("collection")
        STREAM = "stream", _("change stream")

    class Every(models.TextChoices):
        NEVER = "", _("only when asked")
        HOUR = "hour", _("every hour")
        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    url = models.TextField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.UNKNOWN)
    label = models.TextField(blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    every = models.CharField(
        "harvested", max_length=5, choices=Every, default=Every.NEVER, blank=True
    )
    next_at = models.DateTimeField("next harvest", null=True, blank=True)
    keep_pictures = models.BooleanField(
        default=True,
        help_text="Keep a smaller copy of every picture. Without it pictures are looked at and "
        "forgotten, and each new kind of feature asks the source's server again.",
    )
    #: Of a stream: everything up to this moment of its own clock has been read.
    read_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return self.label or self.url


class HarvestRun(models.Model):
    """One harvest of one source: its work while it runs, its record afterwards.

    ``found = pending + created + updated + unchanged + failed + skipped``.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    #: Read everything anew, whatever validators and hashes say.
    full = models.BooleanField(default=False)
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
    message = models.TextField(blank=True, help_text=_("What went wrong, or which limit bit."))
    #: Of a stream: the newest moment in it, when this run began to read.
    read_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("harvest run")
        verbose_name_plural = _("harvest runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_state_display()})"

    @property
    def pending(self) -> int:
        """URLs found and not yet dealt with."""
        done = self.created + self.updated + self.unchanged + self.failed + self.skipped
        return self.found - done


class HarvestItem(models.Model):
    """A URL of a run: work while it is pending, then what became of it, and why."""

    class Task(models.TextChoices):
        READ = "read", _("read")
        #: A page of a stream, read for nothing but what was deleted (after a Refresh).
        READ_DELETED = "deleted", _("read for deletions")
        GONE = "gone", _("take out: the stream says so")
        MOVE = "move", _("give a new address: the stream says so")

    class Outcome(models.TextChoices):
        PENDING = "pending", _("to do")
        CREATED = "created", _("new")
        UPDATED = "updated", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("skipped")
        #: A collection, or a page of one or of a stream: not counted among what was found.
        READ = "read", _("read")

    run = models.ForeignKey(HarvestRun, on_delete=models.CASCADE, related_name="items")
    url = models.TextField()
    #: The normal form of the URL: a run visits each once.
    mark = models.TextField()
    task = models.CharField(max_length=7, choices=Task, default=Task.READ)
    #: Of a MOVE: the new URL. Of a GONE: the activity's type.
    target = models.TextField(blank=True)
    depth = models.PositiveSmallIntegerField(default=0)
    #: The collection that lists it first, or of which it is a further page.
    collection = models.ForeignKey(
        "catalog.Collection", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_page = models.BooleanField(default=False)

    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.PENDING)
    #: The manifest that it led to.
    manifest = models.ForeignKey(
        "catalog.Manifest",
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    #: What kind of failure it was (`catalog.harvest.failures`), of which host.
    kind = models.CharField(max_length=30, blank=True)
    host = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    warnings = models.JSONField(default=list, blank=True)
    canvases = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Of a pending one that failed before: when it is tried again.
    due_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("harvest item")
        verbose_name_plural = _("harvest items")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "mark"], name="once_a_run")]
        indexes = [
            models.Index(fields=["run", "outcome"]),
            models.Index(
                fields=["run", "host", "id"],
                condition=models.Q(outcome="pending"),
                name="items_to_do",
            ),
            models.Index(
                fields=["run", "id"],
                condition=models.Q(outcome="pending")
                & (models.Q(is_page=True) | models.Q(task="move")),
                name="items_to_do_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.url}"
