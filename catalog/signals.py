"""What the catalogue tells whoever listens. A lost signal loses nothing: the revisions on the
canvas say the same, and are looked at on a schedule too."""

from django.dispatch import Signal

#: Sent after a manifest's transaction has committed. ``canvas_ids``: those that were touched.
canvases_changed = Signal()
