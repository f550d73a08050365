"""What is derived from the catalogue, all of which can be made again; and what people decided,
which cannot (``decisions``, and the verdicts of `Duplicate`)."""

from iiifsearch.models.answering import Answering
from iiifsearch.models.decisions import Batch, NotOfClass, TagGuess
from iiifsearch.models.likeness import Duplicate, LocalFeatures, RegionVector
from iiifsearch.models.map import LibraryMap, MapArea, MapPlace, MapSheet
from iiifsearch.models.progress import Changed, Seen, Tally
from iiifsearch.models.scales import FeatureScale
from iiifsearch.models.tokens import ApiToken
from iiifsearch.models.vectors import CanvasVector, CommentText, CommentVector, Term

#: Models that hold what is made of pictures.
OF_PICTURES = (CanvasVector, RegionVector, LocalFeatures)

#: Models of which every row can be made again from the catalogue. What is not among them holds
#: what people decided, wholly or (`Duplicate`, `TagGuess`) where ``decision`` is not "".
DERIVED = (
    *OF_PICTURES,
    *(CommentVector, CommentText, Term, Seen, Changed, Tally, FeatureScale, Answering),
    *(LibraryMap, MapArea, MapPlace, MapSheet),
)

__all__ = [
    "DERIVED",
    "OF_PICTURES",
    "Answering",
    "ApiToken",
    "Batch",
    "CanvasVector",
    "Changed",
    "CommentText",
    "CommentVector",
    "Duplicate",
    "FeatureScale",
    "LibraryMap",
    "LocalFeatures",
    "MapArea",
    "MapPlace",
    "MapSheet",
    "NotOfClass",
    "RegionVector",
    "Seen",
    "TagGuess",
    "Tally",
    "Term",
]
