"""What changed among the things that we publish, in the order in which it became visible."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Activity(models.Model):
    """One change, as the Change Discovery API 1.0 tells of it. Written by `catalog.activities`.

    ``id`` and ``at`` grow together, also between workers: a consumer that has read up to some
    moment misses nothing that happened before it.
    """

    class Type(models.TextChoices):
        CREATE = "Create", _("made public")
        UPDATE = "Update", _("changed")
        DELETE = "Delete", _("no longer public")

    class Kind(models.TextChoices):
        MANIFEST = "manifest", _("manifest")
        COLLECTION = "collection", _("collection")

    type = models.CharField(max_length=6, choices=Type)
    kind = models.CharField(max_length=10, choices=Kind)
    #: The permanent key of the manifest or collection.
    key = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "key"], name="activities_of_an_object")]

    def __str__(self) -> str:
        return f"{self.type} {self.kind} {self.key}"
