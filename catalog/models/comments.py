"""What is said of a canvas: labels, metadata, summaries, annotations, curators' comments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.manifests import Canvas, Manifest, State


class Comment(models.Model):
    """One text about a canvas or a region of it, with where it came from.

    ``body`` is plain text, what is searched and matched; ``html`` is its sanitised HTML where
    the source had any. The region is in canvas units; null: the whole canvas. Texts of a
    manifest hang on its first canvas, so that an object with ninety views is found once.
    """

    class Origin(models.TextChoices):
        LABEL = "label", _("title")
        SUMMARY = "summary", _("summary")
        METADATA = "metadata", _("metadata")
        ANNOTATION = "annotation", _("annotation")
        CURATOR = "curator", _("curator")

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="comments")
    key = models.CharField(max_length=16, unique=True, editable=False)
    #: The manifest that said it; null for what was written here.
    manifest = models.ForeignKey(Manifest, null=True, blank=True, on_delete=models.CASCADE)
    origin = models.CharField(max_length=10, choices=Origin)
    #: The annotation's id, or the place in the manifest: what identifies it at the next harvest.
    source_id = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PUBLISHED)
    motivation = models.CharField(max_length=100, default="describing")
    label = models.TextField(
        blank=True, help_text=_("The metadata row's label, such as Technique.")
    )
    body = models.TextField()
    html = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    creator = models.TextField(blank=True)
    created = models.DateTimeField(null=True, blank=True)
    #: When what is said last changed, of what was written here.
    modified = models.DateTimeField(null=True, blank=True)
    rights = models.TextField(
        _("licence"), blank=True, db_default="", help_text=_("A URI, such as a licence's.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    x = models.PositiveIntegerField(null=True, blank=True)
    y = models.PositiveIntegerField(null=True, blank=True)
    w = models.PositiveIntegerField(null=True, blank=True)
    h = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["canvas", "id"]
        indexes = [
            # For lists of what is said in words of its own: the rest is a hundred times as much.
            models.Index(
                fields=["origin", "-id"],
                name="comments_in_own_words",
                condition=models.Q(origin__in=["annotation", "curator"]),
            )
        ]

    def __str__(self) -> str:
        return self.body[:80]
