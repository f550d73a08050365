"""``manage.py whiten``: which pictures are learned from, and that nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from catalog.models import Canvas, Picture, State
from iiifsearch.checks import check_options
from iiifsearch.index.everything import index_everything
from iiifsearch.index.whiten import sample
from iiifsearch.models import CanvasVector
from ml import registry, runtime
from ml.encoders.export import export
from ml.specs import Mac
from tests.iiifsearch.conftest import Library
from tests.ml.fakes import registered
from tests.pictures import keep_picture, picture

_SHALLOW = registry.get("efficientnet-lite0-shallow")
assert _SHALLOW.features is not None

#: Two dimensions: the library's four pictures are enough to learn from.
SMALL = replace(
    _SHALLOW,
    name="small",
    dim=2,
    preprocessing=replace(_SHALLOW.preprocessing, size=64),
    features=replace(_SHALLOW.features, depth="stage1", pooling=Mac()),
)


@pytest.fixture
def cache(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A folder of exports of its own, and the small encoder in the registry."""
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path / "encoders"}
    with registered(SMALL):
        yield tmp_path / "encoders"


def whiten(*args: str) -> str:
    out = StringIO()
    call_command("whiten", *args, stdout=out)
    return out.getvalue()


def test_learned_made_live_and_indexed(library: Library, cache: Path, settings: Any) -> None:
    before = set(CanvasVector.objects.values_list("encoder", "canvas_id"))
    said = whiten("small")
    key = next(cache.glob("whitenings/*")).stem
    assert key.startswith("small-1w")
    assert f"from 4 pictures: {key}, 2 dimensions" in said
    assert f'put "{key}" into IIIFSEARCH["image_encoders"]' in said
    assert set(CanvasVector.objects.values_list("encoder", "canvas_id")) == before

    live = {"image_encoders": ("colour", key), "region_encoder": "", "local_features": False}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **live}
    assert check_options() == []
    export(key, cache)  # in this process, whose registry has the small encoder
    call_command("encoders", key, stdout=StringIO())
    assert runtime.ready(key, cache)
    index_everything()
    added = set(CanvasVector.objects.values_list("encoder", "canvas_id")) - before
    assert {encoder for encoder, _ in added} == {key}
    assert len(added) == 4


def test_what_has_no_whitening_is_told(db: None) -> None:
    for name in ("colour", "minilm", "nothing"):
        with pytest.raises(CommandError, match=r"It can for: .*vgg16"):
            whiten(name)


def test_too_few_pictures_are_told(library: Library) -> None:
    with pytest.raises(CommandError, match="4 pictures are not enough: vgg16-1 has 512"):
        whiten("vgg16")


def test_pictures_that_do_not_differ_are_told(library: Library, cache: Path) -> None:
    for number, canvas in enumerate(Canvas.objects.all()):
        keep_picture(canvas, picture(1, width=400 + number % 2))
    with pytest.raises(CommandError, match="2 pictures are not enough"):
        whiten("small")


def test_a_sample_is_of_kept_pictures_that_differ(library: Library) -> None:
    first, second, third, fourth = Canvas.objects.order_by("pk")
    assert set(sample(100)) == {first.pk, second.pk, third.pk, fourth.pk}
    assert len(sample(3)) == 3
    keep_picture(second, picture(5))
    keep_picture(first, picture(5))  # the same file
    assert set(sample(100)) == {first.pk, third.pk, fourth.pk}
    Canvas.objects.filter(pk=third.pk).update(state=State.WITHDRAWN)
    assert set(sample(100)) == {first.pk, fourth.pk}
    Canvas.objects.filter(pk=fourth.pk).update(pixel_revision=F("pixel_revision") + 1)
    assert sample(100) == [first.pk]
    Picture.objects.update(outcome=Picture.Outcome.EVICTED)
    assert sample(100) == []


def test_encoders_that_are_unknown_or_cannot_be_had(cache: Path, monkeypatch: Any) -> None:
    with pytest.raises(CommandError, match="no encoder is named 'nothing'"):
        call_command("encoders", "nothing")
    run = "iiifsearch.management.commands.encoders.subprocess.run"
    monkeypatch.setattr(run, lambda *given, **more: None)
    out = StringIO()
    with pytest.raises(CommandError, match="Not ready: vgg16"):
        call_command("encoders", "colour", "vgg16", stdout=out)
    assert out.getvalue() == "colour-1: ready\n"
