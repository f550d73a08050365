"""What changed among the things that we publish, in the order in which it became visible."""

from __future__ import annotations

from django.db import models


class Activity(models.Model):
    """One change, as the Change Discovery API 1.0 tells of it. Written by `catalog.activities`.

    ``id`` and ``at`` grow together, also between workers: a consumer that has read up to some
    moment misses nothing that happened before it.
    """

    class Type(models.TextChoices):
        CREATE = "Create", "made public"
        UPDATE = "Update", "changed"
        DELETE = "Delete", "no longer public"

    class Kind(models.TextChoices):
        MANIFEST = "manifest", "manifest"
        COLLECTION = "collection", "collection"

    type = models.CharField(max_length=6, choices=Type)
    kind = models.CharField(max_length=10, choices=Kind)
    #: The permanent key of the manifest or collection.
    key = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["kind", "key"], name="activities_of_an_object")]

    def __str__(self) -> str:
        return f"{self.type} {self.kind} {self.key}"
