"""Manifests, canvases, what is painted on them, and which canvas appears where.

A canvas has an identity of its own, for canvases are shared: its appearance in a manifest is a
row of its own. Nothing is deleted that had a public URL: a manifest or canvas that we withdraw
leaves a tombstone (``State.WITHDRAWN``), which a re-harvest respects; one that its source no longer
publishes is ``State.GONE`` until the source brings it back.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.sources import Source


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")
    GONE = "gone", _("gone at its source")


class Manifest(models.Model):
    key = models.CharField(max_length=16, unique=True, editable=False)
    #: The identity: the normal form of the manifest's own id.
    uri = models.TextField(unique=True)
    #: The id as the source wrote it, and the URL that it was fetched from.
    raw_id = models.TextField(blank=True)
    url = models.TextField(db_index=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=9, choices=State, default=State.PUBLISHED)
    state_reason = models.TextField(blank=True)
    version = models.PositiveSmallIntegerField()

    title = models.TextField(blank=True)
    label = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    metadata = models.JSONField(default=list)
    rights = models.TextField(blank=True)
    required_statement = models.JSONField(null=True, blank=True)
    homepage = models.JSONField(default=list)
    provider = models.JSONField(default=list)
    thumbnail = models.TextField(blank=True)
    raw = models.JSONField()

    #: SHA-256 of its JSON as it came; "" where not all that it refers to could be had.
    content_hash = models.CharField(max_length=64)
    #: Annotation pages that it refers to and that were read for it.
    annotation_pages = models.PositiveIntegerField(default=0)
    etag = models.TextField(blank=True)
    last_modified = models.TextField(blank=True)
    warnings = models.JSONField(default=list)
    harvested_at = models.DateTimeField()
    #: When its JSON was last had and read, and not merely called unchanged by the server.
    read_at = models.DateTimeField(null=True, blank=True)
    #: Since when the source answers that it is not there (404, 410), without a break.
    missing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("manifest")
        verbose_name_plural = _("manifests")
        ordering = ["id"]
        permissions = [("withdraw_manifest", "Can withdraw manifests")]

    def __str__(self) -> str:
        return self.title or self.uri


class Canvas(models.Model):
    """A painting's place in the world: ``width`` x ``height`` abstract canvas units.

    ``pixel_revision`` and ``text_revision`` grow whenever what is painted on the canvas, or what
    is said of it, changes; whoever derives something compares them with what it last saw.
    """

    key = models.CharField(max_length=16, unique=True, editable=False)
    uri = models.TextField(unique=True)
    #: The id exactly as the source wrote it (or as we made it up): what viewers know it by.
    raw_id = models.TextField()
    id_synthesised = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.PUBLISHED)
    state_reason = models.TextField(blank=True)

    title = models.TextField(blank=True)
    maker = models.TextField(blank=True)
    date_text = models.TextField(blank=True)
    year = models.SmallIntegerField(null=True, blank=True)
    technique = models.TextField(blank=True)
    object_type = models.TextField(blank=True)

    label = models.JSONField(default=dict)
    metadata = models.JSONField(default=list)
    rights = models.TextField(blank=True)
    required_statement = models.JSONField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=8, default="image")
    skipped_reason = models.TextField(blank=True)
    thumbnail = models.TextField(blank=True)

    pixel_revision = models.PositiveIntegerField(default=1)
    text_revision = models.PositiveIntegerField(default=1)
    #: The manifest whose word on this canvas counts: the first that brought it. Others that show
    #: it too add an appearance and comments of their own, and change nothing.
    home = models.ForeignKey(
        Manifest, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    manifests = models.ManyToManyField(Manifest, through="ManifestCanvas", related_name="canvases")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("canvas")
        verbose_name_plural = _("canvases")
        ordering = ["id"]
        permissions = [("withdraw_canvas", "Can withdraw canvases")]

    def __str__(self) -> str:
        return self.title or self.raw_id


class ManifestCanvas(models.Model):
    """The appearance of a canvas in a manifest, at ``position`` (from 0)."""

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="appearances")
    manifest = models.ForeignKey(Manifest, on_delete=models.CASCADE, related_name="appearances")
    position = models.PositiveIntegerField()
    #: The canvas's id as this manifest spells it: what viewers of this manifest know it by.
    raw_id = models.TextField()

    class Meta:
        ordering = ["manifest", "position"]
        constraints = [
            models.UniqueConstraint(fields=["canvas", "manifest"], name="canvas_once_a_manifest")
        ]
        indexes = [models.Index(fields=["manifest", "position"])]

    def __str__(self) -> str:
        return f"{self.canvas_id} in {self.manifest_id} at {self.position}"


class CanvasImage(models.Model):
    """An image painted on a canvas.

    ``target_*``: the part of the canvas that it covers, in canvas units (null: all of it).
    ``region``: the part of the image that is shown, as the Image API writes it ("" : all of it).
    """

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="images")
    ordinal = models.PositiveSmallIntegerField()
    url = models.TextField(blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    service_id = models.TextField(blank=True)
    service_version = models.CharField(max_length=3, blank=True)
    service_level = models.PositiveSmallIntegerField(null=True, blank=True)
    target_x = models.FloatField(null=True, blank=True)
    target_y = models.FloatField(null=True, blank=True)
    target_w = models.FloatField(null=True, blank=True)
    target_h = models.FloatField(null=True, blank=True)
    region = models.TextField(blank=True)
    rotation = models.FloatField(default=0)
    choice_label = models.TextField(blank=True)
    is_default = models.BooleanField(default=True)
    #: An authorisation service guards it; ``probe`` is that service's probe (Auth API 2.0).
    restricted = models.BooleanField(default=False)
    probe = models.TextField(blank=True)

    class Meta:
        ordering = ["canvas", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["canvas", "ordinal"], name="one_image_an_ordinal")
        ]

    def __str__(self) -> str:
        return self.service_id or self.url
