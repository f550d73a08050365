"""A small library with something of everything that can be exported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.utils import timezone
from pgvector import HalfVector

from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    CollectionManifest,
    Comment,
    Manifest,
    State,
)
from iiifsearch.models import CanvasVector, Duplicate, NotOfClass, TagGuess
from ml import registry
from tests.catalog.admin.conftest import (
    make_canvas,
    make_collection,
    make_comment,
    make_manifest,
)

CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
CC_BY = "http://creativecommons.org/licenses/by/4.0/"
#: An encoder that needs nothing exported.
ENCODER = "colour"


@dataclass
class Shelf:
    """``collection`` holds, in this order: ``second``, ``first``, ``draft``, ``withdrawn``, and by
    its manifest ``whole``."""

    person: User
    manifest: Manifest
    first: Canvas
    second: Canvas
    draft: Canvas
    withdrawn: Canvas
    whole: Canvas
    stranger: Canvas
    collection: Collection


def with_vector(canvas: Canvas, seed: int) -> np.ndarray:
    spec = registry.get(ENCODER)
    vector = np.random.default_rng(seed).normal(size=spec.dim)
    half = (vector / np.linalg.norm(vector)).astype(np.float16)
    CanvasVector.objects.create(canvas=canvas, encoder=spec.key, vec=HalfVector(half))
    return half.astype(np.float32)


@pytest.fixture
def shelf(db: None) -> Shelf:
    person = User.objects.create_user("marta")
    manifest = make_manifest(title="Harbours", rights=CC0)
    other = make_manifest(title="Whole", rights="Ask the house")
    first = make_canvas(manifest, title='=SUM(A1) "Boats"', maker="Ada Vento", rights=CC_BY)
    second = make_canvas(manifest, title="Le port d'été", maker="月夜", date_text="1712")
    draft = make_canvas(manifest, title="Hidden draft", state=State.DRAFT)
    withdrawn = make_canvas(manifest, title="Taken down", state=State.WITHDRAWN)
    whole = make_canvas(other, title="Whole view")
    stranger = make_canvas(manifest, title="Stranger")
    collection = make_collection(
        "Ports",
        label={"en": ["Ports"], "fr": ["Ports de mer"]},
        summary={"none": ["What lies at the sea."]},
        rights=CC_BY,
        published_at=timezone.now(),
    )
    for position, canvas in enumerate((second, first, draft, withdrawn)):
        CollectionCanvas.objects.create(collection=collection, canvas=canvas, position=position)
    for position, held in enumerate((manifest, other)):
        # The first of them shows canvases that are there already: each counts once.
        CollectionManifest.objects.create(collection=collection, manifest=held, position=position)
    stranger.appearances.update(manifest=make_manifest(title="Elsewhere"))
    return Shelf(person, manifest, first, second, draft, withdrawn, whole, stranger, collection)


@pytest.fixture
def decided(shelf: Shelf) -> Shelf:
    """The same, with what people wrote and decided."""
    now = timezone.now()
    curator = {"origin": Comment.Origin.CURATOR, "creator": "Marta Ruiz", "author": shelf.person}
    own = {**curator, "created": now, "rights": CC_BY, "language": "en"}
    make_comment(shelf.first, body="@Quiet water", x=1, y=2, w=30, h=40, **own)
    make_comment(shelf.second, body="Not yet said", state=State.DRAFT, **own)
    make_comment(shelf.withdrawn, body="Said of what was taken down", **own)
    make_comment(shelf.stranger, body="Of another", **own)
    tagged = make_comment(shelf.first, body="oil", label="Technique", motivation="tagging", **own)
    make_comment(shelf.second, body="harbour", motivation="tagging", **own)
    by = {"decided_by": shelf.person, "decided_at": now}
    right = {"decision": "right", "comment": tagged, **by}
    for canvas, text, more in (
        (shelf.first, "oil", right),
        (shelf.second, "gouache", {"decision": "wrong", **by}),
        (shelf.second, "open", {}),
        (shelf.withdrawn, "gone", {"decision": "right", **by}),
    ):
        TagGuess.objects.create(
            canvas=canvas, kind="missing", label="Technique", text=text, mark=text,
            relevance=0.75, **more,
        )  # fmt: skip
    for other, verdict in ((shelf.second, "copy"), (shelf.whole, ""), (shelf.draft, "variant")):
        Duplicate.objects.create(
            first=shelf.first, second=other, similarity=0.9, inliers=40, probability=0.99,
            decision=verdict, note="-by hand" if verdict else "", **(by if verdict else {}),
        )  # fmt: skip
    NotOfClass.objects.create(canvas=shelf.stranger, collection=shelf.collection, by=shelf.person)
    LogEntry.objects.log_actions(
        shelf.person.pk, [shelf.first], CHANGE, [{"changed": {"fields": ["state"]}}]
    )
    return shelf
