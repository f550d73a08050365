"""What is shown of a canvas."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Canvas, Manifest, State
from iiifsearch.records import public_record, records
from tests.catalog.admin.conftest import make_canvas, make_manifest

pytestmark = pytest.mark.django_db
STATES = (State.WITHDRAWN, State.DRAFT, State.PUBLISHED, State.PUBLISHED)


@pytest.fixture
def shown() -> tuple[Canvas, list[Manifest]]:
    """In several manifests, in the order of `STATES`."""
    manifests = [make_manifest(state=state, label={"en": [state]}) for state in STATES]
    return make_canvas(*manifests, picture=True), manifests


def test_the_manifest_asked_for_is_shown_else_the_first_that_is_published(
    shown: tuple[Canvas, list[Manifest]],
) -> None:
    canvas, (withdrawn, draft, first, second) = shown

    def manifest(of: Manifest | None, **how: Any) -> str:
        (record,) = records([canvas.pk], of and of.pk, **how).values()
        return record.manifest_key

    assert manifest(None) == manifest(withdrawn) == manifest(draft) == first.key
    assert manifest(second) == second.key
    assert manifest(None, drafts=True) == manifest(withdrawn, drafts=True) == first.key
    assert manifest(draft, drafts=True) == draft.key


def test_a_draft_is_shown_to_curators_alone() -> None:
    canvas = make_canvas(make_manifest(state=State.DRAFT))
    assert records([canvas.pk]) == {} and public_record(canvas.uri) is None
    assert records([canvas.pk], drafts=True)[canvas.pk].state == State.DRAFT
    assert records([make_canvas().pk], drafts=True) == {}  # in no manifest


def test_all_of_it_is_read_at_once(
    shown: tuple[Canvas, list[Manifest]], django_assert_num_queries: Any
) -> None:
    canvas, manifests = shown
    bare = make_canvas(manifests[3])
    with django_assert_num_queries(1):
        found = records([canvas.pk, bare.pk, 0])
        record = found[canvas.pk]
        assert record.canvas == canvas and record.canvas.metadata == canvas.metadata
        assert record.canvas.picture == canvas.picture and record.thumbnail
        assert record.manifest_label == {"en": [State.PUBLISHED]}
        assert getattr(found[bare.pk].canvas, "picture", None) is None
    with django_assert_num_queries(1):
        assert public_record(canvas.uri) == record
