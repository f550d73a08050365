"""What the index last saw of each canvas."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Canvas


class Seen(models.Model):
    """The revision of a canvas that a feature was last made from, and how that went.

    ``feature``: an encoder's key, or that of the words index. Work to do is where no row is, or
    where ``revision`` is not the canvas's, or where a failure is due to be tried again. Kept
    apart from the vectors, so that progress never touches an indexed row.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        SKIPPED = "skipped", _("nothing to see")
        FAILED = "failed", _("failed")

    pk = models.CompositePrimaryKey("canvas_id", "feature")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    feature = models.TextField()
    revision = models.PositiveIntegerField()
    outcome = models.CharField(max_length=7, choices=Outcome)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    retry_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [("manage_index", "Can build, rebuild and drop indexes and their vectors")]

    def __str__(self) -> str:
        return f"{self.feature} of canvas {self.canvas_id}: {self.outcome}"


class Changed(models.Model):
    """A canvas whose texts changed a moment ago: a short list, so that nobody has to walk through
    all canvases to find it. It leaves the list in the transaction that stores what was made."""

    canvas_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"texts of canvas {self.canvas_id}"


class Tally(models.Model):
    """What was counted last for the page of the index's state (`iiifsearch.admin.tally`): one row.

    ``seconds``: how long counting took.
    """

    counted = models.JSONField()
    at = models.DateTimeField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"counted at {self.at}"
