"""A photo over REST: which paintings it shows, where, and that it shows none of ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.decode import encode_jpeg
from catalog.models import Canvas, State
from catalog.withdrawal import withdraw
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import hang, mirrored, painted, photo

RECOGNISE, SIMILAR = "/api/recognise/", "/api/similar/"


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def file(array: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", encode_jpeg(array), "image/jpeg")


def ask(client: Client, path: str = RECOGNISE, **sent: Any) -> Any:
    response = client.post(path, sent)
    assert response.status_code == 200, response.content
    return response.json()


def test_what_a_photo_shows(library: Library, client: Client) -> None:
    hung = photo((1, 120, 160, 800), (2, 1120, 640, 720), size=(2000, 1400))
    answer = ask(client, image=file(hung))
    assert answer["confidence"] > 0.9 and answer["photo"] == {"width": 2000, "height": 1400}
    assert answer["candidates"] == 4
    found = {one["canvas"]["title"]: one for one in answer["found"]}
    assert found.keys() == {"Boats at Rest", "Woman at a Window"}
    boats = found["Boats at Rest"]
    assert boats["probability"] > 0.9 and boats["inliers"] > 20 and boats["mirrored"] is False
    wanted = np.array([[120, 160], [920, 160], [920, 760], [120, 760]])
    assert np.abs(np.array(boats["outline"]["pixels"]) - wanted).max() < 12
    in_shares = np.array(boats["outline"]["shares"]) * [2000, 1400]
    assert np.abs(in_shares - boats["outline"]["pixels"]).max() < 0.1
    record = boats["canvas"]
    assert record["canvas"] == library.canvas("boats").raw_id
    assert record["rights"] and record["required_statement"] and record["page"]
    similar = ask(client, SIMILAR, image=file(painted(1)))["hits"][0]
    assert similar.items() >= record.items()


def test_none_of_ours(library: Library, client: Client) -> None:
    answer = ask(client, image=file(photo((9, 200, 100, 500))))
    assert answer["found"] == [] and answer["confidence"] > 0.9


def test_other_records_of_the_same_picture(library: Library, client: Client) -> None:
    again = hang(library, "again", painted(1), title="The same boats")
    (one,) = ask(client, image=file(photo((1, 200, 100, 500))))["found"]
    both = [one["canvas"], *one["also"]]
    assert {record["canvas"] for record in both} == {again.raw_id, library.canvas("boats").raw_id}


def test_a_photo_at_an_address_and_filters(library: Library, client: Client, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    jpeg = encode_jpeg(photo((1, 60, 80, 400), (2, 560, 320, 360)))
    url = library.server.set("/photo.jpg", jpeg, content_type="image/jpeg")
    answer = ask(client, url=url, maker="bekker")
    assert [one["canvas"]["title"] for one in answer["found"]] == ["Woman at a Window"]
    assert answer["photo"] == {"width": 1000, "height": 700}
    assert ask(client, url=url, **{"from": 1900})["candidates"] == 0


def test_what_is_not_public_never_appears(library: Library, client: Client) -> None:
    withdraw(library.canvas("boats").key, reason="by order of a court")
    Canvas.objects.filter(pk=library.canvas("letter").pk).update(state=State.DRAFT)
    answer = ask(client, image=file(photo((1, 60, 80, 400), (2, 560, 320, 360))))
    assert answer["found"] == []


def test_what_is_wrong_is_said(db: None, client: Client, settings: Any) -> None:
    for sent, reason in (
        ({}, "Send a photo"),
        ({"image": file(painted(1)), "url": "http://a.example/"}, "not both"),
        ({"image": SimpleUploadedFile("a.jpg", b"nonsense", "image/jpeg")}, "picture"),
        ({"image": SimpleUploadedFile("a.jpg", b"", "image/jpeg")}, "empty"),
        ({"url": "file:///etc/passwd"}, "no picture could be fetched"),
        ({"image": file(painted(1)), "from": "soon"}, "integer"),
        ({"image": file(painted(1)), "manifest": "http://nowhere.example"}, "nowhere"),
    ):
        response = client.post(RECOGNISE, sent)
        assert response.status_code == 400, response.content
        assert reason in response.content.decode(), response.content
    assert client.get(RECOGNISE).status_code == 405
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "local_features": False}
    response = client.post(RECOGNISE, {"image": file(painted(1))})
    assert response.status_code == 501 and "local_features" in response.json()["detail"]


def test_it_is_throttled_as_pictures_are(db: None, client: Client, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_pictures": "2/min"}
    codes = [client.post(RECOGNISE, REMOTE_ADDR="192.0.2.77").status_code for _ in range(3)]
    assert codes == [400, 400, 429]


def test_the_schema_tells_of_it(db: None, client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()
    recognise = schema["paths"][RECOGNISE]["post"]["requestBody"]["content"]
    assert "multipart/form-data" in recognise
    named = schema["components"]["schemas"]
    assert {"found", "confidence", "photo"} <= named["Recognition"]["properties"].keys()
    assert {"verification", "place"} <= named["Hit"]["properties"].keys()
    similar = {p["name"] for p in schema["paths"][SIMILAR]["get"]["parameters"]}
    assert {"verify", "rule", "detail"} <= similar
    assert "/api/duplicates/" in schema["paths"]


# -- verification of hits -----------------------------------------------------------------------


def verified(client: Client, **sent: Any) -> tuple[Any, dict[str, Any]]:
    answer = ask(client, SIMILAR, verify="true", **sent)
    return answer, {hit["title"]: hit["verification"] for hit in answer["hits"]}


def test_hits_are_verified_on_request(library: Library, client: Client) -> None:
    plain = ask(client, SIMILAR, image=file(painted(1)))
    assert "rule" not in plain and all("verification" not in hit for hit in plain["hits"])
    crop = painted(1)[90:270, 120:360]
    answer, found = verified(client, image=file(crop), features="efficientnet-lite0")
    assert answer["rule"] == {"name": "calibrated", "accept_probability": 0.9}
    said = found.pop("Boats at Rest")
    assert said["same"] is True and said["probability"] > 0.9 and not said["mirrored"]
    assert np.abs(np.array(said["outline"][0]) - [-0.5, -0.5]).max() < 0.05
    assert said["agreement"] > 0.9
    matrix = np.array(said["homography"])
    middle = matrix @ [0.5, 0.5, 1]
    assert np.abs(middle[:2] / middle[2] - [0.5, 0.5]).max() < 0.02
    assert all(other["same"] is False for other in found.values())


def test_a_mirrored_hit_is_told(library: Library, client: Client) -> None:
    _, found = verified(client, image=file(mirrored(painted(2))))
    assert found["Woman at a Window"]["same"] and found["Woman at a Window"]["mirrored"]


def test_of_a_canvas_by_its_points(library: Library, client: Client) -> None:
    copy = hang(library, "copy", painted(1), title="The same boats")
    _, found = verified(client, canvas=copy.raw_id)
    assert found["Boats at Rest"]["same"] is True
    region = f"{copy.raw_id}#xywh=percent:20,20,60,60"
    _, found = verified(client, canvas=region)
    assert found["Boats at Rest"]["same"] is True


def test_the_classic_rule(library: Library, client: Client) -> None:
    answer, found = verified(client, image=file(painted(1)), rule="classic")
    numbers = (0.91, 0.1, 10, 20, 10, 100)
    names = ("accept", "reject", "fewest_points", "accept_matches", "reject_matches", "candidates")
    assert answer["rule"] == {"name": "classic", **dict(zip(names, numbers, strict=True))}
    assert found["Boats at Rest"]["same"] is True
    sent = {"image": file(painted(1)), "features": "colour", "verify": "true", "rule": "classic"}
    response = client.post(SIMILAR, sent)
    assert response.status_code == 400 and "efficientnet-lite0" in response.content.decode()


def test_what_cannot_be_verified_is_said(library: Library, client: Client) -> None:
    one, other = library.canvas("boats").raw_id, library.canvas("letter").raw_id
    for sent, reason in (
        ({"canvas": [one, other], "verify": "true"}, "one picture"),
        ({"canvas": one, "rule": "classic"}, "verify=true"),
        ({"canvas": one, "verify": "true", "rule": "nonsense"}, "nonsense"),
        ({"canvas": one, "detail": "true"}, "Which detail"),
        ({"canvas": [one, other], "detail": "true"}, "one detail"),
        ({"canvas": f"{one}#xywh=0,0,9,9", "detail": "true", "features": "colour"}, "one detail"),
        ({"canvas": f"{one}#xywh=0,0,9,9", "minus": other, "detail": "true"}, "one detail"),
    ):
        response = client.post(SIMILAR, sent)
        assert response.status_code == 400, (sent, response.content)
        assert reason in response.content.decode(), response.content


# -- details ------------------------------------------------------------------------------------


def test_a_detail_has_its_place(library: Library, client: Client) -> None:
    made = painted(20)
    made[100:316, 150:438] = painted(1)[72:288, 96:384]
    other = hang(library, "collage", made, title="Collage")
    asked = {"canvas": f"{library.canvas('boats').raw_id}#xywh=160,120,480,360", "detail": "true"}
    response = client.get(SIMILAR, asked)
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer["plans"].keys() == {"efficientnet-lite0-regions"}
    hit = answer["hits"][0]
    base, _, place = hit["place"].partition("#xywh=")
    assert (hit["title"], base) == ("Collage", other.raw_id)
    # 150, 100, 288, 216 of 480 by 360 pixels, on a canvas of 800 by 600.
    numbers = [int(number) for number in place.split(",")]
    assert np.abs(np.array(numbers) - [250, 167, 480, 360]).max() <= 8
    assert hit["verification"]["same"] is True and "same detail" in hit["why"][0]
    assert all(h["title"] != "Boats at Rest" for h in answer["hits"])
    for hit in answer["hits"][1:]:
        assert not (hit["verification"] or {"same": False})["same"] and "#xywh=" in hit["place"]
    posted = ask(client, SIMILAR, image=file(painted(2)), region="100,80,300,220", detail="true")
    assert posted["hits"][0]["title"] == "Woman at a Window"
