"""What was derived from pictures and texts.

Every key begins with the canvas, the column that these tables would be distributed by. Beside a
vector stand only facts that do not change: an UPDATE of an indexed row would add an entry to
every HNSW index on it. ``encoder`` is an encoder's key, name and version ("colour-1"): vectors of
two versions never meet. The HNSW indexes, one for each encoder, are made by
``iiifsearch.index.ann``, not by migrations.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField

from catalog.models import Canvas, Comment


class CanvasVector(models.Model):
    """What an image encoder makes of a whole canvas: unit length, as many dims as it has."""

    pk = models.CompositePrimaryKey("canvas_id", "encoder")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    encoder = models.TextField()
    vec = HalfVectorField()

    def __str__(self) -> str:
        return f"{self.encoder} of canvas {self.canvas_id}"


class CommentVector(models.Model):
    """What a text encoder makes of a comment: unit length."""

    pk = models.CompositePrimaryKey("canvas_id", "comment_id", "encoder")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+")
    encoder = models.TextField()
    vec = HalfVectorField()

    def __str__(self) -> str:
        return f"{self.encoder} of comment {self.comment_id}"


class CommentText(models.Model):
    """The words of a comment, as the full-text index knows them (``iiifsearch.index.words``).

    ``weight``: how much a match here counts: titles most, then metadata and comments.
    """

    pk = models.CompositePrimaryKey("canvas_id", "comment_id")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+")
    weight = models.FloatField()
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="comment_words")]

    def __str__(self) -> str:
        return f"words of comment {self.comment_id}"


class Term(models.Model):
    """A word of a comment, for autocomplete: one row a word and comment.

    ``word``: in lower case, else as it is written. ``folded``: as it is looked up, without
    accents (`iiifsearch.index.words.fold`).
    """

    LONGEST = 60

    pk = models.CompositePrimaryKey("canvas_id", "comment_id", "word")
    canvas = models.ForeignKey(Canvas, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+")
    word = models.CharField(max_length=LONGEST)
    folded = models.CharField(max_length=LONGEST)

    class Meta:
        # text_pattern_ops: so that LIKE 'prefix%' walks the index whatever the collation.
        indexes = [
            models.Index(fields=["folded"], name="term_prefix", opclasses=["text_pattern_ops"])
        ]

    def __str__(self) -> str:
        return self.word
