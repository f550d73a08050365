"""A content state leads to the painting that it means; and what a link to a painting unfolds to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import State
from iiifsearch.pages.asked import BadAsk
from iiifsearch.pages.opened import address
from iiifsearch.presentation.content_state import content_state, encode
from tests.iiifsearch.pages.conftest import Gallery

URI = "https://museum.example/1"
MANIFEST = f"{URI}/manifest"


def target(**selector: Any) -> dict[str, Any]:
    source = {"id": URI, "type": "Canvas", "partOf": [{"id": MANIFEST, "type": "Manifest"}]}
    made = {"type": "SpecificResource", "source": source, "selector": selector}
    return {"type": "Annotation", "motivation": ["contentState"], "target": made}


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        (content_state(URI, None, MANIFEST), ""),
        (content_state(URI, (80, 60, 400, 300), MANIFEST), "?xywh=pct:10,10,50,50"),
        (
            encode(target(type="FragmentSelector", value="xywh=80,60,400,300")),
            "?xywh=pct:10,10,50,50",
        ),
        (encode(target(type="PointSelector", x=1, y=2)), ""),
        (encode({"id": MANIFEST, "type": "Manifest"}), ""),
        (encode({"id": f"{URI}/unknown", "type": "Canvas", "partOf": [{"id": MANIFEST}]}), ""),
        (encode({"type": "Annotation", "target": [URI, "https://elsewhere.example/"]}), ""),
        (URI, ""),
        (f"{URI}#xywh=80,60,400,300", "?xywh=pct:10,10,50,50"),
        (MANIFEST, ""),
    ],
)
def test_what_it_means(gallery: Gallery, client: Client, sent: str, place: str) -> None:
    canvas = gallery.hang("Boats")
    response = client.get("/", {"iiif-content": sent})
    assert response.status_code == 302
    assert response["Location"] == f"/painting/{canvas.key}/{place}"
    assert client.get(response["Location"]).status_code == 200


def test_our_own_addresses(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats")
    manifest = canvas.manifests.get()
    sent = f"http://testserver/iiif/manifest/{manifest.key}"
    assert address(sent) == f"/painting/{canvas.key}/"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("nonsense", "cannot be read"),
        ("", "cannot be read"),
        ("https://elsewhere.example/1", "nothing that is published here"),
        (encode({"type": "Canvas"}), "nothing that is published here"),
        (encode({"id": 5, "type": "Canvas"}), "nothing that is published here"),
        (f"{URI}#xywh=a,b", "cannot be read"),
        ("x:" * 20_000, "it is too long"),
    ],
)
def test_what_means_nothing_is_told(gallery: Gallery, client: Client, sent: str, told: str) -> None:
    response = client.get("/", {"iiif-content": sent})
    assert response.status_code == 400
    assert told in response.content.decode()


def test_what_is_not_public_is_not_opened(gallery: Gallery) -> None:
    gallery.hang("Boats", state=State.DRAFT)
    for sent in (URI, MANIFEST):
        with pytest.raises(BadAsk, match="nothing that is published"):
            address(sent)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "target", "source", "selector", "partOf", "value"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.django_db
@given(st.dictionaries(st.sampled_from(["id", "target", "source", "selector"]), JSON))
def test_nothing_that_is_sent_breaks_it(state: dict[str, Any]) -> None:
    with pytest.raises(BadAsk):
        address(encode(state))


def test_a_deep_one_ends() -> None:
    state: Any = {"id": "x"}
    for _ in range(400):
        state = {"target": [state]}
    with pytest.raises(BadAsk):
        address(encode(state))


def test_what_a_link_unfolds_to(gallery: Gallery, client: Client) -> None:
    said = ('A "quiet"\n picture. ' + "Long. " * 60, {"origin": "summary"})
    canvas = gallery.hang('Boats "at" Rest', said, maker="Ada Vento", date_text="1712")
    page = client.get(f"/painting/{canvas.key}/").content.decode()
    assert '<meta property="og:title" content="Boats &quot;at&quot; Rest, Ada Vento, 1712"' in page
    assert '<meta property="og:description" content="A &quot;quiet&quot; picture. Long.' in page
    assert f'content="http://testserver/painting/{canvas.key}/picture.jpg"' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    bare = gallery.hang("Nothing", kept=False)
    page = client.get(f"/painting/{bare.key}/").content.decode()
    assert "og:image" not in page and '<meta property="og:description" content="">' in page
