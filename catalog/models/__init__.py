"""What the library holds and how it got here."""

from catalog.models.collections import Collection, CollectionCanvas, CollectionManifest
from catalog.models.comments import Comment
from catalog.models.keys import LONGEST_URI, identity, permanent_key
from catalog.models.manifests import (
    Canvas,
    CanvasImage,
    Derivative,
    Manifest,
    ManifestCanvas,
    State,
)
from catalog.models.sources import HarvestItem, HarvestRun, Source

__all__ = [
    "LONGEST_URI",
    "Canvas",
    "CanvasImage",
    "Collection",
    "CollectionCanvas",
    "CollectionManifest",
    "Comment",
    "Derivative",
    "HarvestItem",
    "HarvestRun",
    "Manifest",
    "ManifestCanvas",
    "Source",
    "State",
    "identity",
    "permanent_key",
]
