"""Likeness over REST: all that can be asked, and reasons for what cannot."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.decode import decode, encode_jpeg
from catalog.models import Canvas
from iiifsearch.index.everything import index_everything
from tests.iiifsearch.conftest import Library
from tests.pictures import picture

SIMILAR, RANDOM = "/api/similar/", "/api/random/"


def ask(client: Client, path: str = SIMILAR, **asked: Any) -> Any:
    response = client.get(f"{path}?{urlencode(asked, doseq=True)}")
    assert response.status_code == 200, response.content
    return response.json()


def file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", data, "image/jpeg")


def titles(answer: Any) -> list[str]:
    return [hit["title"] for hit in answer["hits"]]


def uri(library: Library, name: str) -> str:
    return library.canvas(name).raw_id


def test_several_canvases_with_plus_and_minus(library: Library, client: Client) -> None:
    asked = {"canvas": [uri(library, "boats"), uri(library, "letter")]}
    answer = ask(client, **asked, minus=uri(library, "tsuki"), features="efficientnet-lite0")
    assert not {"Boats at Rest", "Woman at a Window", "月夜の海"} & set(titles(answer))
    assert answer["cut_offs"] == {"efficientnet-lite0": 0.2}
    in_json = client.post(
        SIMILAR, {**asked, "minus": uri(library, "tsuki")}, content_type="application/json"
    )
    assert in_json.status_code == 200


def test_features_and_what_each_gave(library: Library, client: Client) -> None:
    sent = {"image": file(picture(1)), "features": "efficientnet-lite0:1,colour:.3"}
    hit = client.post(SIMILAR, sent).json()["hits"][0]
    assert hit["title"] == "Boats at Rest"
    assert hit["similarities"].keys() == hit["shares"].keys() == {"efficientnet-lite0", "colour"}
    assert hit["shares"]["colour"] == pytest.approx(0.3 / 1.3, abs=0.02)


@pytest.mark.parametrize(
    "region", ["50,100,400,300", "pct:6.25,16.6667,50,50", "xywh=50,100,400,300"]
)
def test_a_region_of_an_upload(region: str, library: Library, client: Client) -> None:
    array = np.zeros((600, 800, 3), np.uint8)
    array[100:400, 50:450] = decode(picture(2), max_pixels=10**7)
    answer = client.post(SIMILAR, {"image": file(encode_jpeg(array)), "region": region}).json()
    assert titles(answer)[0] == "Woman at a Window"
    assert answer["hits"][0]["score"] > 0.9


def test_filters(library: Library, client: Client) -> None:
    Canvas.objects.filter(pk=library.canvas("letter").pk).update(year=1665, object_type="Painting")

    def found(**asked: Any) -> set[str]:
        sent = {"image": file(picture(2)), "features": "colour", **asked}
        response = client.post(SIMILAR, sent)
        assert response.status_code == 200, response.content
        drawn = set(titles(ask(client, RANDOM, **asked)))
        assert set(titles(response.json())) <= drawn
        return drawn

    manifest, collection = library.manifest("letter"), library.collection
    for sent in (
        manifest.key,
        manifest.uri,
        f"http://library.example/iiif/manifest/{manifest.key}",
    ):
        assert found(manifest=sent) == {"Woman at a Window"}
    for sent in (collection.key, f"http://library.example/iiif/collection/{collection.key}"):
        assert found(collection=sent) == {"Woman at a Window", "Boats at Rest"}
    assert found(maker="bekker") == found(maker="Jan Bekker", maker_exact="true")
    assert found(maker="bekker") == {"Woman at a Window"}
    assert found(maker="eloise") == {"Le jardin d'été"}
    assert found(maker="bekker", maker_exact="true") == set()
    assert found(**{"from": 1660, "to": 1670}) == {"Woman at a Window"}
    assert found(**{"from": "", "to": 1600, "maker": ""}) == set()
    assert found(type="painting") == {"Woman at a Window"}
    assert len(found(rights="http://creativecommons.org/")) == 4


def test_at_random(library: Library, client: Client) -> None:
    first = ask(client, RANDOM, seed=3, limit=2)
    assert len(first["hits"]) == 2 and first == ask(client, RANDOM, seed=3, limit=2)
    orders = {tuple(titles(ask(client, RANDOM, seed=seed))) for seed in range(6)}
    assert len(orders) > 1
    assert len(ask(client, RANDOM)["hits"]) == 4


@pytest.fixture
def coloured(library: Library, settings: Any) -> Library:
    live = ("efficientnet-lite0", "colour", "palette", "colour-layout")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": live}
    index_everything()
    return library


def test_a_palette_and_a_sketch(coloured: Library, client: Client) -> None:
    array = decode(picture(3), max_pixels=10**7)
    cells = array[19::38, 25::50]
    sketch = ";".join(",".join(bytes(colour).hex() for colour in row) for row in cells)
    assert titles(ask(client, sketch=sketch))[0] == "Le jardin d'été"
    palette = ",".join(f"#{bytes(colour).hex()}" for colour in cells.reshape(-1, 3)[:40])
    assert ask(client, palette=palette)["plans"].keys() == {"palette"}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "Nothing to look for"),
        ({"palette": "#12345"}, "#aabbcc"),
        ({"palette": "#123456:x"}, "NAME:NUMBER"),
        ({"palette": "#123456:0"}, "palette"),
        ({"sketch": "112233,445566;112233"}, "same number"),
        ({"sketch": ";".join(["112233"] * 65)}, "64"),
        ({"sketch": "red"}, "#aabbcc"),
        ({"palette": "#123456", "features": "nonsense"}, "no live feature"),
        ({"palette": "#123456", "from": "1700", "to": "1600"}, "later"),
        ({"palette": "#123456", "from": "soon"}, "integer"),
        ({"palette": "#123456", "maker": "..."}, "no word"),
        ({"palette": "#123456", "manifest": "http://nowhere.example"}, "nowhere"),
        ({"palette": "#123456", "collection": "\x00"}, "ull character"),
        ({"palette": "#123456", "limit": "0"}, "1"),
        ({"canvas": "http://a.example/1#xywh=a"}, "xywh"),
        ({"canvas": ["http://a.example/1"] * 21}, "20"),
    ],
)
def test_what_is_wrong_is_said(asked: Any, reason: str, db: None, client: Client) -> None:
    response = client.get(f"{SIMILAR}?{urlencode(asked, doseq=True)}")
    assert response.status_code == 400, response.content
    assert reason in response.content.decode()


@pytest.mark.parametrize("region", ["0,0,0,0", "9000,0,10,10", "a,b", "pct:200,0,1,1"])
def test_a_region_outside_is_refused(region: str, db: None, client: Client) -> None:
    response = client.post(SIMILAR, {"image": file(picture(1)), "region": region})
    assert response.status_code == 400
    assert "400 x 300 pixels" in response.json()["detail"]


def test_a_region_without_a_picture_is_refused(db: None, client: Client) -> None:
    response = client.post(SIMILAR, {"canvas": "http://a.example/1", "region": "0,0,1,1"})
    assert response.status_code == 400


def test_the_schema_tells_of_every_parameter(db: None, client: Client) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    named = {parameter["name"] for parameter in paths[SIMILAR]["get"]["parameters"]}
    assert named >= {"canvas", "minus", "features", "palette", "sketch", "from", "to", "rights"}
    assert {"seed", "maker"} <= {p["name"] for p in paths[RANDOM]["get"]["parameters"]}
