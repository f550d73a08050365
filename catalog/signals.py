"""What the catalogue tells whoever listens.

What must not be lost is told within the transaction that did it, and fails with it. The rest wakes
somebody up: where it is lost, the same is found by a look at the database a little later."""

from django.dispatch import Signal

#: Sent within the transaction that changed them. ``canvas_ids``: those whose texts or pictures
#: are new, are others now, or are gone.
canvases_changed = Signal()

#: Sent after one or many such changes: whoever noted them may look at them now.
changes_made = Signal()

#: Sent within the transaction of a withdrawal. ``canvas_ids``: whatever was derived from them
#: goes, in the same transaction.
canvases_withdrawn = Signal()

#: Sent now and then while pictures are fetched, and after the last of them.
pictures_kept = Signal()

#: Sent within the transaction in which a curator, or the rule of a collection, changed what public
#: curated collections show. ``collections``: their rows, locked, as they are now; ``by``: the
#: user, or None.
collections_changed = Signal()

#: Sent after every fetch of `catalog.http`, robots.txt not counted. ``outcome``: "fetched",
#: "unchanged", or the `kind` of the FetchError.
fetched = Signal()
