"""What is derived from the catalogue, all of which can be made again."""

from iiifsearch.models.progress import Changed, Seen
from iiifsearch.models.vectors import CanvasVector, CommentText, CommentVector, Term

__all__ = ["CanvasVector", "Changed", "CommentText", "CommentVector", "Seen", "Term"]
