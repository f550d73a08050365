"""Collections: harvested with their manifests, or made by curators of single canvases."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.manifests import Canvas, Manifest, State


class Collection(models.Model):
    key = models.CharField(max_length=16, unique=True, editable=False)
    #: The normal form of a harvested collection's id; empty for a curated one.
    uri = models.TextField(blank=True)
    title = models.TextField()
    label = models.JSONField(default=dict, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PUBLISHED)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    #: Its canvases are examples of a class (`iiifsearch.engine.classes`).
    teaches = models.BooleanField(
        "teaches a class",
        default=False,
        db_default=False,
        help_text=_("Its paintings are examples: others that are like them are suggested for it."),
    )
    #: The last harvest run that read it.
    read_by = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["uri"], condition=~models.Q(uri=""), name="harvested_collection_once"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def harvested(self) -> bool:
        return bool(self.uri)


class CollectionManifest(models.Model):
    """A manifest's place in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members")
    manifest = models.ForeignKey(Manifest, on_delete=models.CASCADE)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["collection", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "manifest"], name="manifest_once_a_collection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.manifest_id} in {self.collection_id}"


class CollectionCanvas(models.Model):
    """A single canvas that a curator put into a collection; a small row, for it changes often."""

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="canvases")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("collection canvas")
        verbose_name_plural = _("collection canvases")
        ordering = ["collection", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["canvas", "collection"], name="canvas_once_a_collection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.canvas_id} in {self.collection_id}"
