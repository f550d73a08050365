"""The pixels of canvases: which are still to be fetched, and what was kept of those that were."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.manifests import Canvas
from catalog.models.sources import HarvestRun


class Picture(models.Model):
    """What became of fetching a canvas's pixels; one row a canvas, made with it.

    A picture is *kept* as a JPEG file (`catalog.kept`), so that a server is asked once. ``sha256``
    is of that file, and its address in the store; "" where no file is. It shows the whole canvas:
    canvas units become its ``width`` x ``height`` pixels by one scale for each axis. While a newer
    revision waits or has failed, the file of the older one stays.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("to be fetched")
        KEPT = "kept", _("kept")
        LOOKED_AT = "looked-at", _("looked at, not kept")
        EVICTED = "evicted", _("given up for room")
        SKIPPED = "skipped", _("nothing to see")
        FAILED = "failed", _("failed")

    canvas = models.OneToOneField(Canvas, primary_key=True, on_delete=models.CASCADE)
    #: The canvas's pixel revision that the outcome is about.
    revision = models.PositiveIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.WAITING)
    #: The run that asked for it: its progress, its pause.
    run = models.ForeignKey(
        HarvestRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="pictures"
    )
    #: The host of the canvas's first image (`catalog.models.Host.name`).
    host = models.TextField(blank=True)
    #: False where the source forbids to keep pictures: they are looked at and forgotten.
    may_keep = models.BooleanField(default=True)

    #: What kind of failure it was (`catalog.harvest.failures`), and the reason in words.
    kind = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Not before; null: at once, and for a failure: not again by itself.
    due_at = models.DateTimeField(null=True, blank=True)

    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    size = models.PositiveIntegerField(default=0, help_text=_("bytes of picture and thumbnail"))
    limited = models.TextField(blank=True, help_text=_("why it is smaller than was asked for"))
    fetched_at = models.DateTimeField(null=True, blank=True)
    #: When features were last made from it; a kept one that waits for that is not evicted.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = [
            models.Index(
                fields=["host", "canvas"],
                condition=models.Q(outcome="waiting", may_keep=True),
                name="pictures_to_fetch",
            ),
            models.Index(
                fields=["canvas"],
                condition=models.Q(outcome="waiting", may_keep=False),
                name="pictures_to_look_at",
            ),
            models.Index(
                fields=["canvas"],
                condition=models.Q(outcome__in=["kept", "skipped"], read_at__isnull=True),
                name="pictures_to_read",
            ),
            models.Index(fields=["run", "outcome"], name="pictures_of_a_run"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(outcome="failed", due_at__isnull=False),
                name="pictures_to_try_again",
            ),
            models.Index(
                fields=["read_at"], condition=models.Q(outcome="kept"), name="pictures_by_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: canvas {self.canvas_id}"
