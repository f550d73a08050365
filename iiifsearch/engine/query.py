"""What a search by likeness asks, and the one way in which it becomes vectors.

A canvas, a rectangle on one, pixels and ready vectors are all examples; several of them make one
vector for each feature. A palette and a sketch are vectors of one feature each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from catalog import images
from catalog.geometry import Rect
from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.encoders import called, encoder, serving
from iiifsearch.engine.rows import Vector
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.metrics.measures import Kind, stage
from ml.errors import BadInput
from ml.specs import EncoderSpec

Vectors = Mapping[EncoderSpec, Vector]
#: sRGB, "#rrggbb" or 0..255 each.
Colour = str | tuple[int, int, int]

#: Pixels asked for of a region on its long side: somewhat more than the encoders look at.
QUERY_LONG_SIDE = 512
#: How much the mean of what is unwanted is taken away from the mean of what is wanted, as in
#: Rocchio's relevance feedback (Rocchio 1971; Manning, Raghavan and Schuetze, Introduction to
#: Information Retrieval, 9.1.1). There .15 / .75 serves for many judged texts; here somebody
#: points at a picture or two and means it. Set by hand.
MINUS = 0.5
#: The features that a palette and a sketch are queries of.
PALETTE, SKETCH = "palette", "colour-layout"


class BadQuery(ValueError):
    """What is asked cannot be looked for; the message says why."""


@dataclass(frozen=True, eq=False)
class Example:
    """A picture to look for, or to keep away from: exactly one of ``canvas``, ``pixels`` (uint8
    (H, W, 3) sRGB) and ``vectors`` (float32 (dim,), unit length, of every feature asked for).

    ``region``: the part of it that is meant, in canvas units or in pixels. ``weight``: beside
    other examples of the same sign.
    """

    canvas: Canvas | None = None
    pixels: NDArray[np.uint8] | None = None
    vectors: Vectors | None = None
    region: Rect | None = None
    minus: bool = False
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Query:
    """``features``: {name of a live image encoder: weight}; those of the options where empty.

    ``palette``: colours, and how much there shall be of each. ``sketch``: uint8 (rows, columns, 3)
    sRGB, which colour shall be where. They speak for their own features (`PALETTE`, `SKETCH`), and
    examples for all others. ``count``: hits at most; 0 for as many as the options say.
    """

    examples: Sequence[Example] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    palette: Sequence[tuple[Colour, float]] = ()
    sketch: NDArray[np.uint8] | None = None
    scope: Scope = field(default_factory=Scope)
    count: int = 0

    @property
    def kind(self) -> Kind:
        """What is asked with, in a word; of several examples that which takes longest."""
        if any(example.pixels is not None for example in self.examples):
            return "upload"
        if any(example.region is not None for example in self.examples):
            return "region"
        if any(example.canvas is not None for example in self.examples):
            return "canvas"
        return "vectors" if self.examples else "drawn"

    def drawn(self) -> list[EncoderSpec]:
        """The features for which no picture speaks, but what was chosen by hand."""
        return [serving(name) for name in self._drawn_names()]

    def _drawn_names(self) -> list[str]:
        made = [PALETTE] if self.palette else []
        return [*made, SKETCH] if self.sketch is not None else made

    def weights(self) -> dict[EncoderSpec, float]:
        """The weight of every feature that takes part. Raises BadQuery."""
        made = self._drawn_names()
        wanted = dict(self.features)
        if not wanted and self.examples:
            wanted = dict(options.features)
        for name in made:
            wanted.setdefault(name, 1.0)
        for name, weight in wanted.items():
            if name not in options.image_encoders:
                live = ", ".join(options.image_encoders)
                raise BadQuery(f"{name!r} is no live feature; these are: {live}.")
            if not 0 < weight < float("inf"):
                raise BadQuery(f"The weight of {name} is {weight:g}; it must be above 0.")
        if not self.examples:
            wanted = {name: weight for name, weight in wanted.items() if name in made}
        if not wanted:
            raise BadQuery("There is nothing to look for: give an example, a palette or a sketch.")
        return {serving(name): weight for name, weight in wanted.items()}

    def vectors(self) -> dict[EncoderSpec, Vector]:
        """One vector of unit length for each feature. Raises BadQuery, and where pixels are
        needed and cannot be had `catalog.images.ImageError`."""
        specs = list(self.weights())
        found: dict[EncoderSpec, Vector] = {}
        if self.palette:
            found[serving(PALETTE)] = _of_palette(self.palette)
        if self.sketch is not None:
            found[serving(SKETCH)] = _of_sketch(self.sketch)
        left = [spec for spec in specs if spec not in found]
        return {**found, **combined(self.examples, left)} if left else found

    def where(self) -> Scope:
        """The scope without the canvases that are examples."""
        asked = tuple(example.canvas.pk for example in self.examples if example.canvas)
        return replace(self.scope, without=(*self.scope.without, *asked))


def combined(
    examples: Sequence[Example], specs: Sequence[EncoderSpec]
) -> dict[EncoderSpec, Vector]:
    """unit(mean of the plus examples - `MINUS` * mean of the minus examples), of each feature."""
    if not any(not example.minus for example in examples):
        raise BadQuery("At least one example must be wanted, and not only such as are unwanted.")
    made = [(example, _of_example(example, specs)) for example in examples]
    found = {}
    for spec in specs:
        towards = _mean([(e.weight, v[spec]) for e, v in made if not e.minus and spec in v])
        away = _mean([(e.weight, v[spec]) for e, v in made if e.minus and spec in v])
        if towards is None:
            raise BadQuery(f"No wanted example has a vector by {called(spec)}.")
        found[spec] = _unit(towards if away is None else towards - MINUS * away, spec)
    return found


def _mean(weighted: Sequence[tuple[float, Vector]]) -> Vector | None:
    if not weighted:
        return None
    weights, vectors = zip(*weighted, strict=True)
    if min(weights) <= 0:
        raise BadQuery("The weight of an example must be above 0.")
    return np.average(np.stack(vectors), axis=0, weights=weights).astype(np.float32)


def _unit(vector: Vector, spec: EncoderSpec) -> Vector:
    length = float(np.linalg.norm(vector))
    if length < 1e-4:
        raise BadQuery(f"By {called(spec)} the examples cancel each other out.")
    return vector / np.float32(length)


def _of_example(example: Example, specs: Sequence[EncoderSpec]) -> Vectors:
    """What every one of ``specs`` makes of an example, stored or made now."""
    if example.vectors is not None:
        return example.vectors
    if example.pixels is not None:
        return encoded(_cut(example.pixels, example.region), specs)
    if example.canvas is None:
        raise BadQuery("An example needs a canvas, pixels or vectors.")
    if example.region is not None:
        shown = images.pixels(example.canvas, region=example.region, long_side=QUERY_LONG_SIDE)
        return encoded(shown.array, specs)
    stored = stored_vectors(specs, example.canvas.pk)
    missing = [spec for spec in specs if spec not in stored]
    return (
        {**stored, **encoded(images.pixels(example.canvas).array, missing)} if missing else stored
    )


def _cut(pixels: NDArray[np.uint8], region: Rect | None) -> NDArray[np.uint8]:
    """``region`` of a picture, in its pixels."""
    if region is None:
        return pixels
    part = region.intersection(Rect.of_size(pixels.shape[1], pixels.shape[0]))
    if part is None:
        raise BadQuery("The region lies outside the picture.")
    x, y, w, h = part.rounded_out()
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


@stage("encoding")
def encoded(array: NDArray[np.uint8], specs: Sequence[EncoderSpec]) -> dict[EncoderSpec, Vector]:
    """Vectors of a picture, uint8 (H, W, 3)."""
    return {spec: encoder(spec.key).encode([array])[0] for spec in specs}


def _of_palette(colours: Sequence[tuple[Colour, float]]) -> Vector:
    from ml.handcrafted.palette import palette_vector

    try:
        return palette_vector(colours)
    except BadInput as error:
        raise BadQuery(f"The palette cannot be read: {error}.") from error


def _of_sketch(sketch: NDArray[np.uint8]) -> Vector:
    """A rough picture is a picture: its colour layout is that of its cells."""
    if sketch.ndim != 3 or sketch.shape[2] != 3 or 0 in sketch.shape:
        raise BadQuery("A sketch is rows of colours, all of the same length.")
    return encoded(sketch, [serving(SKETCH)])[serving(SKETCH)]
