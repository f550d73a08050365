"""A new version of an encoder of texts, of a pair for texts and pictures, or with a whitening that
was learned here takes over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from iiifsearch import answering, encoders
from iiifsearch.doctor import features as examined
from iiifsearch.encoders import serving
from iiifsearch.engine import meaning
from iiifsearch.engine.scope import Scope
from iiifsearch.health import missing
from iiifsearch.index import ann, everything, takeover
from iiifsearch.index.extract import index_pictures
from iiifsearch.models import Answering
from ml import exports, registry
from ml.specs import EncoderSpec
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.index.test_takeover import believed_briefly  # noqa: F401 - for every test
from tests.ml.fakes import registered


def second(of: str, cache: Path, exported: Path, **changed: Any) -> EncoderSpec:
    """Version 2 of an encoder that is exported: the same network, under its own key."""
    first = registry.get(of)
    spec = replace(first, **{"version": 2, **changed})
    for path in exported.iterdir():
        if not (cache / path.name).exists():
            (cache / path.name).symlink_to(path.resolve())
    onnx = exports.onnx_path(spec, cache)
    onnx.symlink_to(exports.onnx_path(first, exported).resolve())
    exports.sidecar_path(spec, cache).write_text(json.dumps(exports.describe(spec, onnx)))
    return spec


def test_texts_are_read_by_the_version_whose_vectors_are_there(
    db: None, library: Library, settings: Any, tmp_path: Path
) -> None:
    cache = tmp_path / "encoders"
    cache.mkdir()
    exported = settings.IIIFSEARCH["encoder_cache"]
    first = registry.get("minilm")
    later = second("minilm", cache, exported)
    with registered(later):
        # Not exported here: what answers is kept up to date, and nobody is kept from it.
        assert encoders.text_specs()[0] == first and later not in encoders.text_specs()
        assert missing() == []
        (told,) = (one for one in examined.versions() if one.about == later.key)
        assert told.level == "warning" and "manage.py encoders minilm-2" in told.advice
        settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": cache}
        answering.forget()
        assert {first, later} <= set(encoders.text_specs())

        def by_meaning() -> list[int]:
            found = meaning.by_comments("boats on the shore", Scope())
            return [one.canvas_id for one in found.found]

        boats = library.canvas("boats").pk
        assert boats in by_meaning()
        (told,) = (one for one in examined.versions() if one.about == later.key)
        assert told.level == "note" and "takes over from minilm-1" in told.text
        everything.make_searchable()
        assert serving("minilm") == later and boats in by_meaning()


def test_texts_are_read_by_the_encoder_named_before_until_another_has_read_them(
    db: None, library: Library, settings: Any, tmp_path: Path
) -> None:
    cache = tmp_path / "encoders"
    cache.mkdir()
    first = registry.get("minilm")
    other = second("minilm", cache, settings.IIIFSEARCH["encoder_cache"], name="maxilm", version=1)
    everything.make_searchable()
    with registered(other):
        settings.IIIFSEARCH = {
            **settings.IIIFSEARCH,
            "text_encoder": other.name,
            "encoder_cache": cache,
        }
        answering.forget()
        assert serving(other.name) == first and encoders.called(first) == other.name
        boats = library.canvas("boats").pk
        found = meaning.by_comments("boats on the shore", Scope())
        assert boats in [one.canvas_id for one in found.found]
        everything.make_searchable()
        assert serving(other.name) == other
        found = meaning.by_comments("boats on the shore", Scope())
        assert boats in [one.canvas_id for one in found.found]


def test_pictures_and_the_texts_that_are_compared_with_them_change_together(
    db: None, library: Library, anything: None, settings: Any, tmp_path: Path
) -> None:
    cache = tmp_path / "encoders"
    cache.mkdir()
    exported = settings.IIIFSEARCH["encoder_cache"]
    before = encoders.joint()
    image = second("art-joint", cache, exported, space="art-joint-2")
    text = second("art-joint-text", cache, exported, space="art-joint-2")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": cache}
    with registered(image, text):
        assert encoders.joint() == before
        everything.make_searchable()  # the texts alone
        assert encoders.joint() == before
        assert {image, text} <= set(encoders.specs())
        while index_pictures("kept").total:
            pass
        ann.build_all()
        assert takeover.take_over() == [image.key]
        assert encoders.joint() == (image, text)
        row = Answering.objects.get(slot="art-joint")
        assert (row.key, row.reader) == (image.key, text.key)


def test_a_whitening_takes_the_place_of_what_it_was_learned_for(settings: Any, db: None) -> None:
    whitened = registry.get_by_key("efficientnet-lite0-1").whitened_here("0a1b2c3d")
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": (whitened.name, "colour"),
        "features": ((whitened.name, 1.0),),
    }
    Answering.objects.create(slot="efficientnet-lite0", key="efficientnet-lite0-1")
    answering.forget()
    (one, _, *_) = answering.live()
    assert (one.slot, one.answers.key, one.wanted) == (
        "efficientnet-lite0",
        "efficientnet-lite0-1",
        whitened,
    )
    # What it finds is told by the name in the settings.
    assert encoders.called(serving(whitened.name)) == whitened.name
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": ("efficientnet-lite0", whitened.name),
    }
    assert [one.steps for one in answering.live()][:2] == [(), ()]  # beside it, it is one more
