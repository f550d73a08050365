"""Images behind a login: asked for as anybody would, and not asked again when refused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog import image_access, images
from catalog.image_access import FOR_EVERYBODY
from catalog.images import ImageError
from catalog.models import Canvas, CanvasImage
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db

LARGE, SMALL = picture(1, 1024, 768), picture(1, 320, 240)
WANTED = "/s/full/1024,/0/default.jpg"
PROBE = {"id": "/probe", "type": "AuthProbeService2"}
LOGIN = {"@id": "https://e.org/login", "profile": "http://iiif.io/api/auth/1/login"}


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    image_access.forget_infos()


def canvas_of(server: Museum, **changes: Any) -> Canvas:
    canvas = Canvas.objects.create(key="k", uri="u", raw_id="u", width=4000, height=3000)
    image = {"service_id": server.url("/s"), "restricted": True}
    CanvasImage.objects.create(canvas=canvas, ordinal=0, **(image | changes))
    return canvas


#: What a manifest says where it says all: no info.json is needed.
DECLARED = {"service_version": "2", "service_level": 2, "width": 4000, "height": 3000}


def info(server: Museum, path: str = "/s", width: int = 4000, **changes: Any) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": server.url(path),
        "profile": ["http://iiif.io/api/image/2/level2.json"],
        "width": width,
        "height": width * 3 // 4,
        "service": LOGIN,
        **changes,
    }


def asked(server: Museum) -> list[str]:
    """Paths in order, without robots.txt. Nothing is asked twice, whatever happens."""
    paths = [path for path, _ in server.log if path != "/robots.txt"]
    assert set(Counter(paths).values()) <= {1}
    return paths


def test_what_anybody_may_see_is_seen(server: Museum) -> None:
    server.set("/s/info.json", info(server))
    server.set(WANTED, LARGE)
    assert images.fetch_derivative(canvas_of(server)).limited == ""
    assert asked(server) == ["/s/info.json", WANTED]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("declared", [{}, DECLARED])
def test_a_refusal_is_final(server: Museum, status: int, declared: dict[str, Any]) -> None:
    server.set("/s/info.json", info(server))
    server.set(WANTED, b"", status=status)
    with pytest.raises(ImageError, match="restricted") as raised:
        images.fetch_derivative(canvas_of(server, **declared))
    assert (raised.value.kind, raised.value.transient) == ("restricted", False)
    assert sorted(asked(server)) == sorted(["/s/info.json", WANTED])


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("declared", [{}, DECLARED])
def test_a_service_that_refuses_everything(
    server: Museum, status: int, declared: dict[str, Any]
) -> None:
    for path in ("/s/info.json", WANTED):
        server.set(path, b"no", status=status)
    url = server.url("/s/full/full/0/default.jpg")
    with pytest.raises(ImageError) as raised:
        images.fetch_derivative(canvas_of(server, url=url, **declared))
    assert raised.value.kind == "restricted"
    assert len(asked(server)) == (2 if declared else 1)


def test_an_image_elsewhere_is_tried_once(server: Museum) -> None:
    server.set("/s/info.json", b"", status=401)
    url = server.set("/open/a.jpg", SMALL)
    assert images.fetch_derivative(canvas_of(server, url=url)).width == 320
    assert asked(server) == ["/s/info.json", "/open/a.jpg"]


@pytest.mark.parametrize("declared", [{}, DECLARED])
def test_a_redirect_to_the_version_for_everybody(server: Museum, declared: dict[str, Any]) -> None:
    """Authentication 1.0, section 3.2."""
    server.set(WANTED, b"", status=401)
    where = {"Location": server.url("/small/info.json")}
    server.set("/s/info.json", b"", status=302, headers=where)
    server.set("/small/info.json", info(server, "/small", 320))
    server.set("/small/full/full/0/default.jpg", SMALL)
    made = images.fetch_derivative(canvas_of(server, **declared))
    assert (made.width, made.height, made.limited) == (320, 240, FOR_EVERYBODY)
    first = [WANTED] if declared else []
    rest = ["/s/info.json", "/small/info.json", "/small/full/full/0/default.jpg"]
    assert asked(server) == [*first, *rest]


def test_a_401_that_describes_the_version_for_everybody(server: Museum) -> None:
    server.set("/s/info.json", info(server, "/small", 320), status=401)
    server.set("/small/full/full/0/default.jpg", SMALL)
    made = images.fetch_derivative(canvas_of(server))
    assert (made.width, made.limited) == (320, FOR_EVERYBODY)
    assert asked(server) == ["/s/info.json", "/small/full/full/0/default.jpg"]


def test_a_401_that_describes_what_it_guards(server: Museum) -> None:
    server.set("/s/info.json", info(server), status=401)
    server.set(WANTED, b"", status=401)
    with pytest.raises(ImageError) as raised:
        images.fetch_derivative(canvas_of(server))
    assert raised.value.kind == "restricted"
    assert asked(server) == ["/s/info.json", WANTED]


def test_a_401_does_not_send_us_to_another_host(server: Museum) -> None:
    other = info(server) | {"@id": "http://127.0.0.2:9/elsewhere"}
    server.set("/s/info.json", other, status=401)
    server.set(WANTED, LARGE)
    assert images.fetch_derivative(canvas_of(server)).width == 1024
    assert asked(server) == ["/s/info.json", WANTED]


@pytest.mark.parametrize("own", ["/s", "/cache/7f3a", None])
def test_a_redirect_to_a_mere_file_moves_nothing(server: Museum, own: str | None) -> None:
    """An info.json that lies in a cache: the images are where the document, or the manifest,
    says."""
    where = {"Location": server.url("/cache/7f3a/info.json?signature=1")}
    server.set("/s/info.json", b"", status=302, headers=where)
    told = info(server, own or "/s", service=None)
    if own is None:
        del told["@id"]
    server.set("/cache/7f3a/info.json?signature=1", told)
    server.set(WANTED if own != "/cache/7f3a" else WANTED.replace("/s", own, 1), LARGE)
    assert images.fetch_derivative(canvas_of(server)).limited == ""


# -- the probe service of Auth 2.0 ---------------------------------------------------------------


def answer(server: Museum, status: int, **more: Any) -> str:
    result = {"type": "AuthProbeResult2", "status": status, **more}
    return server.set("/probe", result)


def substitutes(server: Museum) -> dict[str, Any]:
    service = [{"id": server.url("/small"), "type": "ImageService2", "profile": "level2"}]
    return {
        "service": {"id": server.url("/small"), "type": "ImageService2"},
        "image": {"id": server.url("/small.jpg"), "type": "Image"},
        "both": {"id": server.url("/small.jpg"), "type": "Image", "service": service},
    }


@pytest.mark.parametrize("kind", ["service", "image", "both"])
@pytest.mark.parametrize("in_info", [False, True])
def test_a_substitute_is_taken(server: Museum, kind: str, in_info: bool) -> None:
    probe = answer(server, 401, substitute=substitutes(server)[kind])
    server.set("/s/info.json", info(server, service=[{**PROBE, "id": probe}]))
    server.set("/small/info.json", info(server, "/small", 320, service=None))
    server.set("/small/full/full/0/default.jpg", SMALL)
    server.set("/small.jpg", SMALL)
    canvas = canvas_of(server, **({} if in_info else {"probe": probe, **DECLARED}))
    made = images.fetch_derivative(canvas)
    assert (made.width, made.limited) == (320, FOR_EVERYBODY)
    first = ["/s/info.json", "/probe"] if in_info else ["/probe"]
    rest = ["/small.jpg"]
    if kind != "image":
        rest = ["/small/info.json", "/small/full/full/0/default.jpg"]
    assert asked(server) == [*first, *rest]


@pytest.mark.parametrize("as_status", [False, True])
def test_a_probe_that_refuses_and_offers_nothing(server: Museum, as_status: bool) -> None:
    probe = answer(server, 401)
    if as_status:
        server.set("/probe", json.dumps({"status": 401}).encode(), status=401)
    with pytest.raises(ImageError, match="restricted") as raised:
        images.fetch_derivative(canvas_of(server, probe=probe))
    assert (raised.value.kind, raised.value.transient) == ("restricted", False)
    assert asked(server) == ["/probe"]


def test_a_probe_that_lets_everybody_in(server: Museum) -> None:
    probe = answer(server, 200, substitute=substitutes(server)["image"])
    server.set(WANTED, LARGE)
    made = images.fetch_derivative(canvas_of(server, probe=probe, **DECLARED))
    assert (made.width, made.limited) == (1024, "")
    assert asked(server) == ["/probe", WANTED]


def test_a_probe_that_names_another_place(server: Museum) -> None:
    probe = answer(server, 302, location=substitutes(server)["image"])
    server.set("/small.jpg", SMALL)
    made = images.fetch_derivative(canvas_of(server, probe=probe, **DECLARED))
    assert (made.width, made.limited) == (320, "")


@pytest.mark.parametrize("said", [b"<html>", b"[]", b'{"status": "?"}', b'{"substitute": 3}'])
def test_a_probe_that_tells_nothing(server: Museum, said: bytes) -> None:
    probe = server.set("/probe", said)
    server.set(WANTED, LARGE)
    assert images.fetch_derivative(canvas_of(server, probe=probe, **DECLARED)).width == 1024


def test_a_probe_in_trouble_is_asked_later(server: Museum) -> None:
    probe = server.set("/probe", b"", status=503, headers={"Retry-After": "3600"})
    with pytest.raises(ImageError) as raised:
        images.fetch_derivative(canvas_of(server, probe=probe, **DECLARED))
    assert raised.value.transient
    assert {path for path, _ in server.log} <= {"/robots.txt", "/probe"}


def test_a_substitute_with_a_probe_of_its_own_ends(server: Museum) -> None:
    probe = answer(server, 401, substitute=substitutes(server)["service"])
    server.set("/small/info.json", info(server, "/small", 320, service=[{**PROBE, "id": probe}]))
    server.set("/small/full/full/0/default.jpg", b"", status=403)
    with pytest.raises(ImageError) as raised:
        images.fetch_derivative(canvas_of(server, probe=probe))
    assert raised.value.kind == "restricted"
    assert asked(server) == ["/probe", "/small/info.json", "/small/full/full/0/default.jpg"]
