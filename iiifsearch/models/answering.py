"""Which version of each encoder answers."""

from __future__ import annotations

from django.db import models


class Answering(models.Model):
    """The version that searches go by, of an encoder that is live: one row for each.

    ``slot``: what it is live as (`iiifsearch.answering.Live`). ``key``: the encoder's; ``reader``:
    of an encoder of pictures that texts may be compared with, that of those texts; "" of others.
    They change together, so that nobody compares vectors of two spaces. ``pinned``: the key of the
    version that somebody wants to answer though there is a later one; "" for the latest.
    """

    slot = models.TextField(primary_key=True)
    key = models.TextField()
    reader = models.TextField(blank=True)
    pinned = models.TextField(blank=True)
    since = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.slot}: {self.key}"
