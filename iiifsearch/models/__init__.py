"""What is derived from the catalogue, all of which can be made again."""

from iiifsearch.models.progress import Seen
from iiifsearch.models.vectors import CanvasVector, CommentText, CommentVector, Term

__all__ = ["CanvasVector", "CommentText", "CommentVector", "Seen", "Term"]
