"""Authorisation services of every version, wherever they stand."""

from __future__ import annotations

import pytest

from catalog.iiif.reader import read
from tests.catalog.iiif import samples

LOGIN = "https://login.example.org/login"
PROBE = "https://login.example.org/probe/1"
ACCESS = {
    "id": LOGIN,
    "type": "AuthAccessService2",
    "profile": "active",
    "service": [{"id": "https://login.example.org/token", "type": "AuthAccessTokenService2"}],
}
AUTH_2 = {"id": PROBE, "type": "AuthProbeService2", "service": [ACCESS]}


def auth_1(profile="http://iiif.io/api/auth/1/login"):
    return {"@id": LOGIN, "profile": profile, "label": "Log in"}


def image_of(body_service, **manifest):
    value = {**samples.manifest3(), **manifest}
    value["items"][0]["items"][0]["items"][0]["body"]["service"] = body_service
    (image,) = read(samples.data(value), samples.URL).canvases[0].images
    # The image service is found all the same, and no login is taken for one.
    assert image.service.id == samples.SERVICE
    return image


def guarded(service):
    return {**samples.service3(), "service": service}


@pytest.mark.parametrize(
    "service",
    [
        auth_1("http://iiif.io/api/auth/0/login"),
        auth_1("http://iiif.io/api/auth/0/login/clickthrough"),
        auth_1(),
        auth_1("http://iiif.io/api/auth/1/clickthrough"),
        auth_1("http://iiif.io/api/auth/1/kiosk"),
        auth_1("http://iiif.io/api/auth/1/external"),
        auth_1("http://iiif.io/api/image/2/auth/login"),
        {"@context": "http://iiif.io/api/auth/1/context.json", "@id": LOGIN},
        {"id": LOGIN, "@type": "AuthCookieService1"},
        ACCESS,
        AUTH_2,
    ],
)
def test_each_version_on_the_service_and_on_the_resource(service):
    probe = PROBE if service is AUTH_2 else ""
    for value in (
        guarded(service),
        guarded([service]),
        [guarded([[service]])],
        [samples.service3(), service],
        [service, samples.service3()],
    ):
        image = image_of(value)
        assert (image.restricted, image.probe) == (True, probe)


@pytest.mark.parametrize("key", ["services", "service"])
@pytest.mark.parametrize("described", [auth_1(), ACCESS, AUTH_2])
def test_what_the_manifest_describes_once(described, key):
    name = described.get("id", described.get("@id"))
    probe = PROBE if described is AUTH_2 else ""
    # The scheme of a reference may differ.
    for reference in (name, {"id": name}, {"@id": name.replace("https", "http")}):
        for value in (guarded(reference), guarded([reference]), [samples.service3(), reference]):
            image = image_of(value, **{key: [described]})
            assert (image.restricted, image.probe) == (True, probe)
    # Nobody refers to it: the manifest's warning is all that there is.
    assert not image_of(samples.service3(), **{key: [described]}).restricted


def test_the_services_of_a_canvas_list_do_not_guard_its_neighbours():
    value = samples.manifest3()
    other = {**samples.canvas3(), "id": f"{samples.CANVAS}-2"}
    other["items"][0]["items"][0]["target"] = other["id"]
    other["items"][0]["items"][0]["body"]["service"] = [{**guarded(AUTH_2), "id": "/iiif/other"}]
    value["items"].append(other)
    one, two = read(samples.data(value), samples.URL).canvases
    assert not one.images[0].restricted and two.images[0].restricted


@pytest.mark.parametrize("probe", [None, 7, "", "probe/1", {"@id": PROBE}])
def test_a_probe_with_an_odd_id(probe):
    image = image_of(guarded({"id": probe, "type": "AuthProbeService2"}))
    assert image.restricted and (image.probe == "" or image.probe.startswith("https://"))


def test_services_that_refer_to_each_other_end():
    many = [
        {"id": f"{LOGIN}/{n}", "profile": "http://iiif.io/api/auth/1/login",
         "service": [{"id": f"{LOGIN}/{m}"} for m in range(30)]}
        for n in range(30)
    ]  # fmt: skip
    assert image_of(guarded({"id": f"{LOGIN}/0"}), services=many).restricted
