"""How alike strangers are."""

from __future__ import annotations

from django.db import models


class FeatureScale(models.Model):
    """The cosines between random pairs of distinct canvases of this library, by one encoder.

    ``canvases``: how many had a vector when it was measured, counted up to a limit. ``pairs``: how
    many pairs were looked at. ``quantiles``: {share of the pairs: the cosine that this share does
    not exceed}, the shares as text, for instance {"0.99": 0.13}.
    """

    encoder = models.TextField(primary_key=True)
    canvases = models.PositiveIntegerField()
    sample = models.PositiveIntegerField()
    pairs = models.PositiveIntegerField()
    mean = models.FloatField()
    std = models.FloatField()
    quantiles = models.JSONField()
    measured_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.encoder}: {self.pairs} pairs of {self.sample} canvases"
