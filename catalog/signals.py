"""What the catalogue tells whoever listens. A lost signal loses nothing: the revisions on the
canvas say the same, and are looked at on a schedule too. What must not be lost is told within the
transaction, and fails with it."""

from django.dispatch import Signal

#: Sent after a manifest's transaction has committed. ``canvas_ids``: those that were touched.
canvases_changed = Signal()

#: Sent within the transaction of a withdrawal. ``canvas_ids``: whatever was derived from them
#: goes, in the same transaction.
canvases_withdrawn = Signal()

#: Sent now and then while pictures are fetched, and after the last of them.
pictures_kept = Signal()
