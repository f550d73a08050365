"""What is measured of a model that brings comments and paintings together, and how.

Nothing is known of a painting but its picture: not its title, its painter or its date.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.crossmodal.figures import figures, ranks, ten_way
from ml.crossmodal.masking import masked
from ml.crossmodal.semart import Painting

Pictures = Sequence[NDArray[np.uint8]]


class Model(Protocol):
    """What can say how well texts and pictures go together."""

    def pictures(self, pictures: Pictures) -> NDArray[np.float32]:
        """N uint8 (H, W, 3) RGB -> float32 (N, dim)."""
        ...

    def scores(
        self, comments: Sequence[str], pictures: NDArray[np.float32], titles: Sequence[str] = ()
    ) -> NDArray[np.float32]:
        """Q comments, with Q titles or none, and N pictures, as above -> float32 (Q, N): the more,
        the better they fit."""
        ...


def measure(
    model: Model,
    paintings: Sequence[Painting],
    pictures: NDArray[np.float32],
    distractors: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """What `manage.py evaluate comments` prints.

    pictures: float32 (N, dim), of the paintings, in their order; distractors: float32 (M, dim), of
    pictures that no text is of, and that are in the gallery too.
    """
    gallery = pictures if distractors is None else np.concatenate([pictures, distractors])
    comments = [painting.comment for painting in paintings]
    titles = [painting.title for painting in paintings]
    nobody = [masked(painting.comment, painting.author) for painting in paintings]
    scores = {
        "comment": model.scores(comments, gallery),
        "title_and_comment": model.scores(comments, gallery, titles),
        "author_masked": model.scores(nobody, gallery),
    }
    own = scores["comment"][:, : len(paintings)]
    easy, asked = ten_way(own, seed=seed)
    difficult, of_type = ten_way(own, [painting.type for painting in paintings], seed=seed)
    return {
        "gallery": len(gallery),
        "queries": len(paintings),
        **{way: _both_ways(found, len(paintings), seed) for way, found in scores.items()},
        "ten_way": {
            "easy": _share(easy, asked),
            "difficult": _share(difficult, of_type),
        },
    }


def _both_ways(scores: NDArray[np.float32], count: int, seed: int) -> dict[str, Any]:
    """Pictures are asked which of the texts fits; no text is of a distractor."""
    return {
        "text_to_image": figures(ranks(scores), seed).json(),
        "image_to_text": figures(ranks(scores[:, :count].T), seed).json(),
    }


def _share(right: float, asked: int) -> dict[str, Any]:
    """Null where nobody could be asked, since JSON knows no NaN."""
    return {"right": round(right, 4) if asked else None, "asked": asked}
