"""Collections: harvested with their manifests, or made by curators of single canvases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.manifests import Canvas, Manifest, State


class Collection(models.Model):
    """``label`` and ``summary`` are language maps (``{"en": ["…"]}``); ``title`` is the label in
    the library's first language, for lists and for sorting."""

    key = models.CharField(max_length=16, unique=True, editable=False)
    #: The normal form of a harvested collection's id; empty for a curated one.
    uri = models.TextField(blank=True)
    title = models.TextField(_("title"))
    label = models.JSONField(default=dict, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    rights = models.TextField(
        _("rights"), blank=True, db_default="", help_text=_("A URI, such as a licence's.")
    )
    cover = models.ForeignKey(
        Canvas,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("cover"),
        help_text=_("Its picture stands for the collection; without one, its first painting's."),
    )
    state = models.CharField(max_length=9, choices=State, default=State.PUBLISHED)
    #: Since when it is public without a break, and who made it so.
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    #: Its place among the collections of the same parent.
    position = models.PositiveIntegerField(_("position"), default=0, db_default=0)
    #: Its canvases are examples of a class (`iiifsearch.engine.classes`).
    teaches = models.BooleanField(
        "teaches a class",
        default=False,
        db_default=False,
        help_text=_("Its paintings are examples: others that are like them are suggested for it."),
    )
    #: What fills it by itself (`iiifsearch.rules`); null: nothing does.
    rule = models.JSONField(null=True, blank=True, editable=False)
    filled_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Who may change it; nobody named: whoever may change collections.
    curators = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="collections_kept",
        verbose_name=_("curators"),
        help_text=_("Only they may change it. Nobody named: every curator."),
    )
    #: The last harvest run that read it.
    read_by = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["title"]
        permissions = [
            ("publish_collection", "Can publish collections"),
            ("change_every_collection", "Can change collections that name other curators"),
        ]
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


class CollectionVersion(models.Model):
    """A collection as it was published: one row each time that what is published changed.

    ``document``: the Presentation 3 Collection as it was served, but for ``@context``, services
    and ``partOf``, which a version has of its own, or not at all.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="versions")
    #: From 1.
    number = models.PositiveIntegerField()
    document = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("version of a collection")
        verbose_name_plural = _("versions of collections")
        ordering = ["collection", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "number"], name="version_once_a_collection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.collection_id}, version {self.number}"


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
    """A single canvas in a curated collection; a small row, for it changes often.

    ``by_rule``: the collection's rule put it there, and takes it out again.
    """

    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="canvases")
    position = models.PositiveIntegerField(default=0)
    by_rule = models.BooleanField(default=False, db_default=False, editable=False)

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
