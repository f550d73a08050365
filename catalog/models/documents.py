"""What URLs answered, so that asking again costs a 304; and what collections list."""

from __future__ import annotations

from django.db import models

from catalog.models.collections import Collection


class Document(models.Model):
    """A JSON document that is not a manifest: a collection, a page of one, a page of annotations
    or activities. (A manifest keeps its own JSON and validators.)"""

    #: The normal form of its URL (`catalog.models.identity`).
    mark = models.TextField(primary_key=True)
    #: Where it came from after redirects: what ids in it are relative to.
    url = models.TextField()
    content_type = models.TextField(blank=True)
    etag = models.TextField(blank=True)
    last_modified = models.TextField(blank=True)
    #: As it came, compressed by zlib.
    body = models.BinaryField()
    #: When it was last had, and not merely called unchanged by the server.
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.mark


class Listing(models.Model):
    """A member of a harvested collection, as the source lists it, whether harvested or not."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="listings")
    #: The document (page) that lists it, by its mark.
    page = models.TextField()
    mark = models.TextField(db_index=True)
    position = models.PositiveIntegerField()
    #: The last run that saw it there.
    run_id = models.BigIntegerField()

    class Meta:
        ordering = ["collection", "position"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "mark"], name="listed_once_a_collection")
        ]

    def __str__(self) -> str:
        return f"{self.mark} in {self.collection_id}"
