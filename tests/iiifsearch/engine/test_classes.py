"""Classes taught by example: what is of them, and that most is of none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Canvas, Collection, CollectionCanvas, Manifest, ManifestCanvas
from iiifsearch.engine import classes
from iiifsearch.index import scales, store
from iiifsearch.models import CanvasVector
from ml import registry

SPEC = registry.get("colour")


@pytest.fixture(autouse=True)
def one_encoder(db: None, settings: Any) -> None:
    live = {"image_encoders": ("colour",), "features": (("colour", 1.0),)}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **live}


def fill(name: str, count: int, axis: int | None = None, seed: int = 0) -> list[Canvas]:
    """Canvases that are alike along an axis, or like nothing."""
    canvases = Canvas.objects.bulk_create(
        Canvas(key=f"{name}{n}", uri=f"{name}{n}", raw_id=f"{name}{n}", state="published")
        for n in range(count)
    )
    manifest = Manifest.objects.create(
        key=name,
        uri=name,
        raw_id=name,
        state="published",
        version="3",
        raw={},
        harvested_at=timezone.now(),
    )
    ManifestCanvas.objects.bulk_create(
        ManifestCanvas(manifest=manifest, canvas=canvas, position=position)
        for position, canvas in enumerate(canvases)
    )
    vectors = np.random.default_rng(seed).normal(size=(count, SPEC.dim)).astype(np.float32)
    if axis is not None:
        vectors *= 0.05
        vectors[:, axis] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.canvas_vectors([canvas.pk for canvas in canvases], SPEC, vectors)
    return canvases


def teach(title: str, canvases: list[Canvas]) -> Collection:
    made = Collection.objects.create(key=title, title=title, teaches=True, state="draft")
    for position, canvas in enumerate(canvases):
        CollectionCanvas.objects.create(collection=made, canvas=canvas, position=position)
    return made


def members(taught: classes.Taught, title: str, count: int = 50) -> set[str]:
    place = [one.title for one in taught.collections].index(title)
    found = classes.candidates(taught, place, count)
    assert all(fit.collection.title == title for fit in found)
    order = [fit.similarity for fit in found]
    assert order == sorted(order, reverse=True) and all(
        fit.similarity >= fit.least for fit in found
    )
    return {Canvas.objects.get(pk=fit.canvas_id).key[:5] for fit in found}


def test_what_is_like_the_examples_is_of_the_class_and_nothing_else() -> None:
    fill("other", 300, seed=1)
    moons, seas = fill("moons", 20, 0, seed=2), fill("seass", 20, 1, seed=3)
    assert classes.taught() is None and classes.of(moons[-1]) is None
    teach("Moon", moons[:3])
    teach("Sea", seas[:3])
    taught = classes.taught()
    assert taught is not None
    assert [one.title for one in taught.collections] == ["Moon", "Sea"]
    # One stranger in a hundred is let in, too; it is far behind.
    place = 0
    found = classes.candidates(taught, place, 17)
    keys = {Canvas.objects.get(pk=fit.canvas_id).key for fit in found}
    assert keys == {canvas.key for canvas in moons[3:]}, "not those that teach it"
    assert "seass" not in members(taught, "Moon") and "moons" not in members(taught, "Sea")
    fit = classes.of(moons[10])
    assert fit is not None and fit.collection.title == "Moon" and fit.similarity > fit.least
    nothing = [classes.of(one) for one in Canvas.objects.filter(key__startswith="other")[:20]]
    assert nothing.count(None) >= 19


def test_what_is_not_public_is_no_candidate() -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 6, 0, seed=2)
    teach("Moon", moons[:3])
    Canvas.objects.filter(pk=moons[3].pk).update(state="draft")
    taught = classes.taught()
    assert taught is not None
    found = {fit.canvas_id for fit in classes.candidates(taught, 0, 10)}
    assert moons[3].pk not in found and {moons[4].pk, moons[5].pk} <= found


def test_examples_without_vectors_teach_nothing() -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 4, 0, seed=2)
    collection = teach("Moon", moons)
    CanvasVector.objects.filter(canvas__in=moons[1:]).delete()
    taught = classes.taught()
    assert taught is not None and taught.examples == ((moons[0].pk,),)
    CanvasVector.objects.filter(canvas=moons[0]).delete()
    assert classes.taught() is None
    collection.delete()


def test_a_library_of_examples_alone_tells_nothing() -> None:
    teach("Moon", fill("moons", 4, 0))
    assert classes.taught() is None


def test_a_canvas_without_a_vector() -> None:
    fill("other", 100, seed=1)
    moons = fill("moons", 4, 0, seed=2)
    teach("Moon", moons[:3])
    CanvasVector.objects.filter(canvas=moons[3]).delete()
    assert classes.of(moons[3]) is None


def test_a_sample_of_many_is_without_those_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scales, "SAMPLE", 40)
    fill("other", 30, seed=1)
    moons = fill("moons", 30, 0, seed=2)
    found = scales.sample(SPEC, without=[canvas.pk for canvas in moons])
    assert 10 < len(found) <= 30 and found[:, 0].max() < 0.5
