"""What is withdrawn from the catalogue leaves the index with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from iiifsearch.models import CanvasVector, Changed, CommentText, CommentVector, Seen, Term


def forget(canvas_ids: Collection[int], **_: Any) -> None:
    """Delete all that was derived from these canvases; in the caller's transaction."""
    for model in (CanvasVector, CommentVector, CommentText, Term, Seen, Changed):
        rows = model._default_manager.filter(canvas_id__in=canvas_ids)
        rows._raw_delete(rows.db)
