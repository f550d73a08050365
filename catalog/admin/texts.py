"""What is said of one canvas, on its page: by people, and by the sources."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.admin.display import list_url
from catalog.models import Canvas, Comment

#: Texts of one canvas that its page shows of either kind; all of them are in the list of comments.
TEXTS_SHOWN = 60


def written_of(canvas: Canvas) -> SafeString:
    """A table of the comments that people wrote, the newest first, and the way to one more."""
    rows = Comment.objects.filter(canvas=canvas, origin=Comment.Origin.CURATOR).order_by("-id")
    found = list(rows[: TEXTS_SHOWN + 1])
    context = {
        "canvas": canvas,
        "comments": found[:TEXTS_SHOWN],
        "more": len(found) > TEXTS_SHOWN,
        "all_url": list_url(Comment, origin="all", canvas=canvas.pk),
    }
    return render_to_string("admin/catalog/canvas/written.html", context)


def said_of(canvas: Canvas) -> SafeString:
    """A table of what was harvested, with its regions and where it was said."""
    harvested = Comment.objects.filter(canvas=canvas).exclude(origin=Comment.Origin.CURATOR)
    context = {
        "comments": harvested.select_related("manifest").defer("manifest__raw")[:TEXTS_SHOWN],
        "count": harvested.count(),
        "all_url": list_url(Comment, origin="all", canvas=canvas.pk),
    }
    return render_to_string("admin/catalog/canvas/comments.html", context)
