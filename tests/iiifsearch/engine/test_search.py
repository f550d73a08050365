"""Searching a real library: what is found, in which order, why, and what never is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from catalog import commenting
from catalog.decode import decode
from catalog.geometry import Rect
from catalog.models import Canvas, Collection, CollectionCanvas, Comment, Manifest, State
from iiifsearch.encoders import encoder, text_specs
from iiifsearch.engine.hits import Answer
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scope import CommentFilter, Scope
from iiifsearch.engine.search import by_canvas, by_picture, by_words
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.index import ann, store
from iiifsearch.index.everything import index_everything
from iiifsearch.models import CommentText, CommentVector
from ml import registry
from tests.iiifsearch.conftest import Library
from tests.pictures import picture


def names(library: Library, answer: Answer) -> list[str]:
    by_id = {library.canvas(name).pk: name for name in library.urls if name != "c"}
    return [by_id[hit.canvas_id] for hit in answer.hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("boats moon", "boats"),
        ("fishing boat on the shore", "boats"),
        ("boat", "boats"),  # another form of the word
        ("Bekker", "letter"),
        ("bekker letter", "letter"),  # maker's name and a word of a comment
        ("ete", "jardin"),  # no accent in the query
        ("ÉLOÏSE", "jardin"),
        ("fleur", "jardin"),  # French word forms
        ("月夜", "tsuki"),
        ("月", "tsuki"),
        ("海に月", "tsuki"),
        ('"pale moon"', "boats"),
        ("somebody reading her mail indoors", "letter"),  # by its meaning
    ],
)
def test_words_find(query: str, first: str, library: Library) -> None:
    answer = by_words(query)
    assert names(library, answer)[0] == first, answer


def test_every_hit_says_why_and_its_shares_add_up(library: Library) -> None:
    answer = by_words("boat moon")
    hit = answer.hits[0]
    assert '"boat", "moon"' in hit.why[0]
    assert {"words", "comments"} <= set(hit.shares) <= {"words", "comments", "pictures"}
    for each in answer.hits:
        assert sum(each.shares.values()) == pytest.approx(each.score)
        assert 0 < each.score <= 1
    assert [hit.score for hit in answer.hits] == sorted(
        (h.score for h in answer.hits), reverse=True
    )
    assert answer.plans["comments"].startswith("exact over")


def test_excluded_words(library: Library) -> None:
    assert "letter" in names(library, by_words("boat"))
    assert "letter" not in names(library, by_words("boat -letter"))


def test_a_phrase_is_a_phrase(library: Library) -> None:
    found = by_words('"moon pale"')
    assert all("words" not in hit.shares for hit in found.hits)


@pytest.mark.parametrize("query", ["", "   ", "?!", "-boat", '""', "\x00"])
def test_nothing_to_look_up(query: str, library: Library) -> None:
    answer = by_words(query)
    assert answer.hits == ()
    assert "no word" in " ".join(answer.notices)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_query_is_answered(query: str, library: Library) -> None:
    by_words(query)


def test_the_cut_off_is_told(library: Library) -> None:
    answer = by_words("moon fishing shore pale zeppelin quiet")
    assert any("left out" in notice for notice in answer.notices)


def test_pictures_find_themselves_first(library: Library) -> None:
    for seed, name in ((1, "boats"), (2, "letter"), (3, "jardin"), (4, "tsuki")):
        pixels = decode(picture(seed), max_pixels=10**7)
        answer = by_picture(pixels)
        assert names(library, answer)[0] == name
        assert answer.hits[0].score == pytest.approx(1.0)
        assert set(answer.hits[0].shares) == {"efficientnet-lite0", "colour"}


def test_a_canvas_is_not_like_itself(library: Library) -> None:
    canvas = library.canvas("boats")
    assert canvas.pk not in [hit.canvas_id for hit in by_canvas(canvas).hits]
    region = by_canvas(canvas, region=Rect(0, 0, 400, 300))
    assert canvas.pk not in [hit.canvas_id for hit in region.hits]


@pytest.mark.parametrize(
    "hide",
    [
        lambda library: Manifest.objects.filter(url=library.urls["boats"]).update(
            state=State.DRAFT
        ),
        lambda library: Canvas.objects.filter(pk=library.canvas("boats").pk).update(
            state=State.WITHDRAWN
        ),
        lambda library: library.canvas("boats").appearances.all().delete(),
    ],
    ids=["draft manifest", "withdrawn canvas", "in no manifest"],
)
def test_what_is_not_public_is_never_found(hide: Any, library: Library) -> None:
    pk = library.canvas("boats").pk
    pixels = decode(picture(1), max_pixels=10**7)
    hide(library)
    for answer in (by_words("boats moon"), by_picture(pixels), by_canvas(library.canvas("letter"))):
        assert pk not in [hit.canvas_id for hit in answer.hits]


def test_draft_comments_are_not_looked_at(library: Library) -> None:
    canvas = library.canvas("boats")
    Comment.objects.create(
        canvas=canvas, key="d", origin="curator", body="A zeppelin.", state=State.DRAFT
    )
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=9)
    index_everything()
    assert all("words" not in hit.shares for hit in by_words("zeppelin").hits)


def test_scopes(library: Library) -> None:
    def found(scope: Scope) -> set[str]:
        return set(names(library, by_words("boat sea jardin 海", scope)))

    boats, collection = library.manifest("boats"), library.collection
    assert found(Scope(manifest_id=boats.pk)) == {"boats"}
    assert found(Scope(collection_id=collection.pk)) == {"boats", "letter"}
    curated = Collection.objects.create(key="cur", title="Mine")
    assert found(Scope(collection_id=curated.pk)) == set()
    CollectionCanvas.objects.create(collection=curated, canvas=library.canvas("jardin"))
    assert found(Scope(collection_id=curated.pk)) == {"jardin"}
    parent = Collection.objects.create(key="top", title="All")
    Collection.objects.filter(pk__in=[curated.pk, collection.pk]).update(parent=parent)
    assert found(Scope(collection_id=parent.pk)) == {"boats", "letter", "jardin"}
    Collection.objects.filter(pk=curated.pk).update(state=State.DRAFT)
    assert found(Scope(collection_id=parent.pk)) == {"boats", "letter"}


def test_filters_on_comments(library: Library) -> None:
    only = Scope(comments=CommentFilter(motivations=("commenting",)))
    answer = by_words("vento", only)  # a maker's name, in metadata only
    assert all("words" not in hit.shares for hit in answer.hits)
    assert names(library, by_words("moon", only))[0] == "boats"


def test_a_walk_is_one_question_and_leaves_no_setting(
    transactional_db: None, library: Library, settings: Any
) -> None:
    spec = registry.get("colour")
    (vector,) = stored_vectors([spec], library.canvas("boats").pk).values()
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 0}
    with CaptureQueriesContext(connection) as asked:
        found = nearest(spec, vector, Scope(), 1)
    assert found.plan.startswith("HNSW") and len(found.rows) == 1
    assert len(asked) == 2, "how large the index is, and the walk"
    with connection.cursor() as cursor:
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == ("40",)


def test_exact_and_graph_find_the_same(library: Library, settings: Any) -> None:
    """The plan follows the size of the scope, and never loses rows."""
    spec = registry.get("colour")
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, spec.dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    manifest = library.manifest("boats")
    canvases = Canvas.objects.bulk_create(
        Canvas(key=f"k{n}", uri=f"u{n}", raw_id=f"u{n}") for n in range(300)
    )
    manifest.appearances.bulk_create(
        [
            manifest.appearances.model(manifest=manifest, canvas=c, position=n + 1)
            for n, c in enumerate(canvases)
        ]
    )
    store.canvas_vectors([c.pk for c in canvases], spec, vectors)
    ann.build_all()
    exact = nearest(spec, vectors[0], Scope(), 50)
    assert exact.plan.startswith("exact")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 100}
    graph = nearest(spec, vectors[0], Scope(), 50)
    assert graph.plan.startswith("HNSW")
    assert len(graph.rows) == 50
    shared = {row.canvas_id for row in exact.rows} & {row.canvas_id for row in graph.rows}
    assert len(shared) >= 48
    # A filter that leaves three rows of three hundred gets all three.
    Manifest.objects.exclude(pk=manifest.pk).update(state=State.PUBLISHED)
    manifest.appearances.exclude(canvas__in=canvases[:3]).delete()
    Manifest.objects.exclude(pk=manifest.pk).update(state=State.DRAFT)
    few = nearest(spec, vectors[0], Scope(), 50)
    assert {row.canvas_id for row in few.rows} == {c.pk for c in canvases[:3]}


def test_drafts_exclude_nothing(library: Library) -> None:
    canvas = library.canvas("boats")
    Comment.objects.create(
        canvas=canvas, key="d", origin="curator", body="Zanzibar.", state=State.DRAFT
    )
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=9)
    index_everything()
    assert by_words("boats -zanzibar").hits[0].shares.keys() == {"words", "comments"}


def test_half_width_forms_find_full_width_ones(library: Library) -> None:
    canvas = library.canvas("tsuki")
    Comment.objects.create(canvas=canvas, key="p", origin="curator", body="パラソルの女")
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=9)
    index_everything()
    assert "words" in by_words("ﾊﾟﾗｿﾙ").hits[0].shares


def test_a_large_library_is_not_said_to_hold_more_than_it_does(
    library: Library, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "candidates": 3}
    answer = by_words("melancholy")
    assert not answer.capped
    assert by_words("boat sea mer letter fleurs 海").capped


def test_of_two_comments_that_fit_as_well_the_first_is_told(library: Library) -> None:
    """However their rows lie on the disk."""
    canvas = library.canvas("boats")
    both = [commenting.write(canvas, f"A {name}.", author=None) for name in ("zeppelin", "gondola")]
    alike = [commenting.write(canvas, "The sky at noon.", author=None) for _ in range(5)]
    index_everything()
    for one in (both[0], *alike[:4]):  # rows that are written again go to the end
        for table in (CommentText, CommentVector):
            table.objects.filter(comment=one).update(comment=one)
    assert by_words("gondola zeppelin").hits[0].comments[0] == both[0].pk
    spec = text_specs()[0]
    vector = encoder(spec.name).encode(["The sky at noon."])[0]
    assert nearest(spec, vector, Scope(), 1).rows[0].part == alike[0].pk
