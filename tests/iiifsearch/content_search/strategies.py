"""Random found annotations, odd ones among them: odd canvas ids, sizes, regions and texts."""

from __future__ import annotations

from hypothesis import strategies as st

from iiifsearch.content_search.annotations import FoundAnnotation, TextQuote
from iiifsearch.content_search.paging import ResultPage

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SEGMENT = st.text("abcdefghij0123456789-_", min_size=1, max_size=8)
CANVAS_ID = st.builds(
    lambda head, tail: f"https://museum.example.org/{head}{tail}",
    SEGMENT,
    st.sampled_from(["", "#1", "?canvas=1", "?a=1&b=2#c", "/ä ö", "#xywh=1,2,3,4", "%23"]),
)
LABEL = st.one_of(TEXT, st.dictionaries(st.sampled_from(["en", "de", "none"]), st.lists(TEXT)))
SIZE = st.integers(0, 100_000)
REGION = st.tuples(st.integers(-50, 100_000), st.integers(-50, 100_000), SIZE, SIZE)
SCORE = st.one_of(st.none(), st.floats(-0.5, 1.5))

FOUND = st.builds(
    FoundAnnotation,
    id=SEGMENT.map(lambda key: f"https://paintings.example.org/iiif/annotation/{key}"),
    motivation=st.sampled_from(
        ["commenting", "oa:describing", "sc:painting", "supplementing", "http://x.example.org/m"]
    ),
    text=TEXT,
    format=st.sampled_from(["text/plain", "text/html"]),
    language=st.sampled_from([None, "en", "de-AT"]),
    label=TEXT,
    canvas_id=CANVAS_ID,
    canvas_label=TEXT,
    width=SIZE,
    height=SIZE,
    region=st.one_of(st.none(), REGION),
    manifest_id=SEGMENT.map(lambda key: f"https://paintings.example.org/iiif/manifest/{key}"),
    manifest_label=LABEL,
    thumbnail=st.sampled_from([None, "https://paintings.example.org/iiif/thumbnail/x.jpg"]),
    creator=st.sampled_from([None, "Anna", "https://people.example.org/anna"]),
    created=st.sampled_from([None, "2024-01-01T00:00:00Z"]),
    rights=st.sampled_from([None, "In copyright", "http://rightsstatements.org/vocab/InC/1.0/"]),
    required_statement=st.one_of(
        st.none(), st.fixed_dictionaries({"label": LABEL, "value": LABEL})
    ),
    score=SCORE,
    shares=st.dictionaries(SEGMENT, st.floats(0, 1), max_size=2),
    why=TEXT,
    quotes=st.lists(st.builds(TextQuote, TEXT, TEXT, TEXT), max_size=3).map(tuple),
)

PAGES = st.builds(
    ResultPage,
    service_url=st.just("https://paintings.example.org/iiif/search/2/library"),
    query=st.dictionaries(st.sampled_from(["q", "motivation", "date"]), TEXT),
    items=st.lists(FOUND, max_size=5).map(tuple),
    page=st.integers(1, 9),
    page_size=st.integers(1, 50),
    total=st.integers(0, 300),
    ignored=st.sampled_from([(), ("date",), ("date", "user")]),
    notices=st.sampled_from([(), ("capped at 200",)]),
    cross_manifest=st.booleans(),
)
