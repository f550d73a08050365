"""What is like a painting by each of the presets, row below row: by its colours, its composition…

All rows come of one round of searches, one for each feature, and are judged together; a preset for
itself is `iiifsearch.pages.likeness.alike`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine.combine import Weights, judged
from iiifsearch.engine.hits import Hit
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scales import scales
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import similarities, stored_vectors
from iiifsearch.pages import wording
from iiifsearch.pages.asked import Asked
from iiifsearch.pages.cards import Card, card
from iiifsearch.pages.rights import Rights
from iiifsearch.records import Record, records
from ml.specs import EncoderSpec

#: Paintings in a row, and the neighbours of each feature that are judged for it.
IN_A_ROW, _NEIGHBOURS = 6, 40


@dataclass(frozen=True)
class Row:
    """``cards``: the nearest first; ``clear``: how many of them are clearly alike. ``missing``: no
    feature of this preset has been looked at in this painting yet."""

    preset: wording.Preset
    url: str
    cards: Sequence[Card] = ()
    clear: int = 0
    missing: bool = False


@dataclass(frozen=True)
class Comparison:
    """``rows``: one for each preset, in their order."""

    rows: Sequence[Row]

    @property
    def credits(self) -> list[tuple[str, Rights | None]]:
        """Required statement and rights of all pictures in the rows, each of them once."""
        shown = [card for row in self.rows for card in row.cards]
        told = {(card.attribution, card.rights): None for card in shown}
        return [credit for credit in told if any(credit)]


def comparison(record: Record) -> Comparison:
    """Only stored vectors are compared: nothing is fetched and nothing encoded for it."""
    presets = wording.presets()
    weights = [_weights(preset.features or dict(options.features)) for preset in presets]
    wanted = {spec for chosen in weights for spec in chosen}
    hits = _hits(record.canvas.pk, weights, wanted)
    shown = records({hit.canvas_id for row in hits for hit in row or ()})
    rows = [
        Row(
            preset=preset,
            url=Asked(like=record.canvas.key, features=preset.features).url(),
            cards=[card(shown[hit.canvas_id]) for hit in row or () if hit.canvas_id in shown],
            clear=sum(bool(hit.why) for hit in row or ()),
            missing=row is None,
        )
        for preset, row in zip(presets, hits, strict=True)
    ]
    return Comparison(rows)


def _weights(features: Mapping[str, float]) -> dict[EncoderSpec, float]:
    return {serving(name): weight for name, weight in features.items()}


def _hits(
    canvas_id: int, weights: Sequence[Weights], wanted: set[EncoderSpec]
) -> list[list[Hit] | None]:
    """The nearest by each of ``weights``, the best first; None where nothing is stored for it."""
    vectors = stored_vectors(wanted, canvas_id)
    scope = Scope(without=(canvas_id,))
    ids = {
        row.canvas_id
        for spec, vector in vectors.items()
        for row in nearest(spec, vector, scope, _NEIGHBOURS).rows
    }
    cosines, known = similarities(vectors, ids), scales(vectors)

    def nearest_by(chosen: Weights) -> list[Hit] | None:
        there = {spec: weight for spec, weight in chosen.items() if spec in vectors}
        if not there:
            return None
        hits = judged(cosines, there, known)
        return sorted(hits, key=lambda hit: (-hit.score, hit.canvas_id))[:IN_A_ROW]

    return [nearest_by(chosen) for chosen in weights]
