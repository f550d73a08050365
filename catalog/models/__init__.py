"""What the library holds and how it got here."""

from catalog.models.activities import Activity
from catalog.models.collections import (
    Collection,
    CollectionCanvas,
    CollectionManifest,
    CollectionVersion,
)
from catalog.models.comments import Comment
from catalog.models.documents import Document, Listing
from catalog.models.hosts import Host
from catalog.models.keys import LONGEST_URI, identity, permanent_key
from catalog.models.manifests import (
    Canvas,
    CanvasImage,
    Manifest,
    ManifestCanvas,
    State,
)
from catalog.models.pictures import Picture
from catalog.models.sources import HarvestItem, HarvestRun, Source

__all__ = [
    "LONGEST_URI",
    "Activity",
    "Canvas",
    "CanvasImage",
    "Collection",
    "CollectionCanvas",
    "CollectionManifest",
    "CollectionVersion",
    "Comment",
    "Document",
    "HarvestItem",
    "HarvestRun",
    "Host",
    "Listing",
    "Manifest",
    "ManifestCanvas",
    "Picture",
    "Source",
    "State",
    "identity",
    "permanent_key",
]
