"""What is derived of the parts of a picture: for searching a detail, and for verifying.

Keys begin with the canvas, as in ``iiifsearch.models.vectors``. Boxes are shares, 0 to 1, of the
canvas's width and height.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from catalog.models import Canvas


class RegionVector(models.Model):
    """What an encoder of regions makes of one region of a canvas: unit length."""

    pk = models.CompositePrimaryKey("canvas_id", "encoder", "ordinal")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    encoder = models.TextField()
    ordinal = models.SmallIntegerField()
    box_x = models.FloatField()
    box_y = models.FloatField()
    box_w = models.FloatField()
    box_h = models.FloatField()
    vec = HalfVectorField()

    def __str__(self) -> str:
        return f"{self.encoder} of region {self.ordinal} of canvas {self.canvas_id}"


class LocalFeatures(models.Model):
    """The points of a canvas that can be found again, packed (``ml.local.compact.pack``), and 256
    grey values (``ml.local.thumbnail``) for what is too blurred to have any."""

    pk = models.CompositePrimaryKey("canvas_id", "kind")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    kind = models.TextField()
    points = models.PositiveSmallIntegerField()
    packed = models.BinaryField()
    thumbnail = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.points} points of canvas {self.canvas_id}"


class Duplicate(models.Model):
    """Two canvases that show the same picture: found, and verified by geometry; or put side by
    side by a curator.

    ``first`` has the smaller id. ``similarity``, ``inliers``, ``probability``, ``mirrored``: what
    verification said; None where it did not: a curator added the pair, or a picture changed and
    the pair was not found again. ``outline``: the corners of the first in the second, shares of
    its width and height. ``decision``: a curator's verdict (`iiifsearch.decisions.pairs`), which
    later runs respect; ``first_revision``, ``second_revision``: the pictures that it is of, as
    `Canvas.pixel_revision`. It has a key of its own, for the admin's sake.
    """

    class Decision(models.TextChoices):
        OPEN = "", _("not looked at")
        SAME_WORK = "same-work", _("the same work")
        COPY = "copy", _("a copy")
        DETAIL = "detail", _("a detail")
        VARIANT = "variant", _("a variant")
        UNRELATED = "unrelated", _("unrelated")

    # One index begins with the first, another with the second.
    first = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+", db_index=False)
    similarity = models.FloatField(null=True)
    inliers = models.PositiveIntegerField(null=True)
    probability = models.FloatField(null=True)
    mirrored = models.BooleanField(default=False)
    outline = models.JSONField(null=True)
    decision = models.CharField(max_length=9, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    note = models.TextField(_("note"), blank=True, db_default="")
    first_revision = models.PositiveIntegerField(null=True, editable=False)
    second_revision = models.PositiveIntegerField(null=True, editable=False)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("near-duplicate")
        verbose_name_plural = _("near-duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="duplicate_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["second"], name="duplicate_second"),
            models.Index(
                fields=["id"], condition=models.Q(decision=""), name="duplicates_to_decide"
            ),
            models.Index(
                fields=["decision", "-id"],
                condition=~models.Q(decision=""),
                name="duplicates_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"canvases {self.first_id} and {self.second_id}"

    @property
    def measured(self) -> bool:
        """Whether verification said anything of the pair."""
        return self.probability is not None

    @property
    def changed(self) -> bool:
        """Whether a picture is another one than that which the verdict is of."""
        seen = (self.first_revision, self.second_revision)
        now = (self.first.pixel_revision, self.second.pixel_revision)
        return None not in seen and seen != now
