"""What people decided of what the machine suggested: kept for good, respected by later runs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Canvas, Collection, Comment


class TagGuess(models.Model):
    """A tag that a canvas might bear, by what canvases like it bear (``Kind.MISSING``); or one
    that it bears and none of those do (``Kind.DOUBTFUL``).

    ``label``: what kind of tag, as the metadata row that says it is called; "" where it is free.
    ``mark``: label and text, folded: what identifies it, whatever its spelling. ``relevance``: 0
    to 1, the share of the neighbours' say that speaks for it, of those that bear a tag of this
    label; of a doubtful tag, for what they say instead. ``vouchers``: ids of canvases that bear
    it, nearest first; of a doubtful tag, of those that agree on another. ``comment``: of an
    accepted guess the tag that it became, of one that was found wrong the tag itself.
    """

    class Kind(models.TextChoices):
        MISSING = "missing", _("might be said")
        DOUBTFUL = "doubtful", _("might be wrong")

    class Decision(models.TextChoices):
        OPEN = "", _("not looked at")
        RIGHT = "right", _("right")
        WRONG = "wrong", _("wrong")

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    label = models.TextField(blank=True)
    text = models.TextField()
    mark = models.TextField()
    relevance = models.FloatField()
    vouchers = ArrayField(models.BigIntegerField(), default=list)
    decision = models.CharField(max_length=5, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("guessed tag")
        verbose_name_plural = _("guessed tags")
        constraints = [
            models.UniqueConstraint(fields=["canvas", "kind", "mark"], name="guess_once")
        ]
        indexes = [
            models.Index(
                fields=["kind", "-relevance", "id"],
                condition=models.Q(decision=""),
                name="guesses_to_decide",
            ),
            models.Index(
                fields=["kind", "mark", "-relevance", "id"],
                condition=models.Q(decision=""),
                name="guesses_of_a_tag",
            ),
            models.Index(
                fields=["kind", "label", "-relevance", "id"],
                condition=models.Q(decision=""),
                name="guesses_of_a_label",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


class NotOfClass(models.Model):
    """A canvas that is not to be suggested for a collection that teaches a class: somebody looked,
    and said no."""

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+", db_index=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["canvas", "collection"], name="refused_once")
        ]

    def __str__(self) -> str:
        return f"canvas {self.canvas_id} is none of {self.collection_id}"


class Batch(models.Model):
    """Decisions that somebody took at once, and what was there before: so that they can be undone.

    ``said``: what was decided, in words. ``before``: for `iiifsearch.decisions`, by ``subject``.
    """

    class Subject(models.TextChoices):
        PAIRS = "pairs", _("near-duplicates")
        TAGS = "tags", _("tags")
        CLASSES = "classes", _("classes")

    subject = models.CharField(max_length=7, choices=Subject)
    said = models.TextField()
    count = models.PositiveIntegerField()
    before = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    #: Decisions that an undoing just brought back; not stored.
    restored: int = 0

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["by", "subject", "-id"], name="batches_of_a_person")]

    def __str__(self) -> str:
        return self.said
