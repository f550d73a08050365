"""A map of the library: which pictures lie where, in which areas, and on which sheets of
thumbnails. One map is shown at a time; the next one is made beside it and takes its place.
"""

from __future__ import annotations

from django.db import models

from catalog.models import Canvas


class LibraryMap(models.Model):
    """``encoder``: whose vectors it was made of, its key. ``side``: of the square it lies in, in
    cells. ``of``: the public canvases that had a vector, of which those on the map are a sample
    where there are fewer of them. ``state``: what it was made of, in short: the same one makes the
    same map. ``made_at``: null while it is being made."""

    encoder = models.TextField()
    side = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    state = models.TextField()
    made_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"map {self.pk} of {self.of} canvases by {self.encoder}"


class MapArea(models.Model):
    """A patch of the map. ``large``: one of a few, else one within the large area ``within``; both
    are numbered from 0. ``column`` and ``row``: its middle, in cells. ``terms``: what is typical of
    it, the most typical first; none where nothing is, or where it is still to be found out."""

    map = models.ForeignKey(LibraryMap, on_delete=models.CASCADE, related_name="areas")
    large = models.BooleanField()
    number = models.PositiveSmallIntegerField()
    within = models.PositiveSmallIntegerField(null=True)
    column = models.FloatField()
    row = models.FloatField()
    terms = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["map", "large", "number"], name="map_area_once")
        ]

    def __str__(self) -> str:
        return ", ".join(self.terms) or f"area {self.number}"


class MapPlace(models.Model):
    """Where a canvas lies: the cell at ``column`` and ``row``, which is its own, in the small area
    ``area``. ``sheet`` and ``spot``: where its thumbnail has its place among the thumbnails.

    ``width`` x ``height``: of the thumbnail, in pixels, and ``colour``: its mean colour, 0xRRGGBB;
    null while it stands on no sheet.
    """

    pk = models.CompositePrimaryKey("canvas_id", "map_id")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    map = models.ForeignKey(LibraryMap, on_delete=models.CASCADE, related_name="places")
    column = models.PositiveIntegerField()
    row = models.PositiveIntegerField()
    area = models.PositiveSmallIntegerField()
    sheet = models.PositiveIntegerField()
    spot = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField(null=True)
    height = models.PositiveSmallIntegerField(null=True)
    colour = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["map", "sheet"], name="map_places_of_a_sheet")]

    def __str__(self) -> str:
        return f"canvas {self.canvas_id} at {self.column}, {self.row}"


class MapSheet(models.Model):
    """A sheet of thumbnails. ``state``: what was to be drawn on it, in short. ``sha256``: of its
    file, and its address; "" where nothing could be drawn. No row: it is still to be made."""

    map = models.ForeignKey(LibraryMap, on_delete=models.CASCADE, related_name="sheets")
    number = models.PositiveIntegerField()
    state = models.TextField()
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["map", "number"], name="map_sheet_once")]

    def __str__(self) -> str:
        return f"sheet {self.number} of map {self.map_id}"
