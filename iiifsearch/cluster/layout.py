"""Where every table of the library belongs on a cluster.

What grows with the canvases is distributed by them: all rows of a canvas lie together on one node,
and joins by canvas never leave it. What those rows are joined with in searches stands on every
node. The rest stays on the coordinator, with Django's own tables and the queue.
"""

from __future__ import annotations

#: Table: the column that it is distributed by. The first one is what the others are colocated with.
DISTRIBUTED = {
    "catalog_canvas": "id",
    "catalog_canvasimage": "canvas_id",
    "catalog_picture": "canvas_id",
    "catalog_manifestcanvas": "canvas_id",
    "catalog_comment": "canvas_id",
    "catalog_collectioncanvas": "canvas_id",
    "iiifsearch_seen": "canvas_id",
    "iiifsearch_changed": "canvas_id",
    "iiifsearch_canvasvector": "canvas_id",
    "iiifsearch_regionvector": "canvas_id",
    "iiifsearch_localfeatures": "canvas_id",
    "iiifsearch_commentvector": "canvas_id",
    "iiifsearch_commenttext": "canvas_id",
    "iiifsearch_term": "canvas_id",
    "iiifsearch_mapplace": "canvas_id",
    "iiifsearch_tagguess": "canvas_id",
    "iiifsearch_notofclass": "canvas_id",
}
CANVASES = "catalog_canvas"

#: Whole on every node. Of these the manifests weigh most: a canvas is public by those that show it.
#: A pair of canvases has two, which may lie on two nodes.
REFERENCE = (
    "catalog_manifest",
    "catalog_collection",
    "catalog_collectionmanifest",
    "iiifsearch_duplicate",
    "iiifsearch_librarymap",
    "iiifsearch_maparea",
    "iiifsearch_mapsheet",
)

#: On the coordinator alone: what harvests and people write often, and no search joins.
LOCAL = (
    "catalog_source",
    "catalog_harvestrun",
    "catalog_harvestitem",
    "catalog_document",
    "catalog_listing",
    "catalog_host",
    "catalog_activity",
    "catalog_collectionversion",
    "catalog_collection_curators",
    "iiifsearch_batch",
    "iiifsearch_featurescale",
    "iiifsearch_tally",
    "iiifsearch_answering",
    "iiifsearch_apitoken",
)
