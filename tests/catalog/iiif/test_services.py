"""Image services as manifests write them."""

from __future__ import annotations

import pytest

from catalog.iiif.reading import Reading
from catalog.iiif.services import (
    read_image_service,
    service_base,
    split_image_url,
    version_and_level,
)

BASE = "https://images.example.org/iiif/1"


@pytest.mark.parametrize(
    ("text", "version", "level"),
    [
        ("http://iiif.io/api/image/2/level1.json", "2", 1),
        ("https://iiif.io/api/image/2/level2", "2", 2),
        ("http://iiif.io/api/image/2/profiles/level2.json", "2", 2),
        (" http://iiif.io/api/image/2/level0.json", "2", 0),
        ("http;//iiiif.io/api/image/2/level2.json", "2", 2),
        ("http://library.stanford.edu/iiif/image-api/1.1/conformance.html#level1", "1.1", 1),
        ("http://library.stanford.edu/iiif/image-api/1.1/compliance.html#level2", "1.1", 2),
        ("http://library.stanford.edu/iiif/image-api/compliance.html#level1", "1.0", 1),
        ("http://iiif.io/api/image/1/level2.json", "1.1", 2),
        ("http://iiif.io/api/image/3/context.json", "3", None),
        ("ImageService3 level2", "3", 2),
        ("level2", None, 2),
        ("level3", None, None),
        ("level", None, None),
    ],
)
def test_profiles(text, version, level):
    assert version_and_level([text])[:2] == (version, level)


@pytest.mark.parametrize(
    ("service", "expected", "codes"),
    [
        ({"@id": BASE, "profile": "level2"}, (BASE, None, 2), []),
        ({"@id": f"{BASE}/", "profile": ["http://iiif.io/api/image/2/level1.json", {}]},
         (BASE, "2", 1), []),
        ({"@id": f"{BASE}/info.json", "profile": "http://iiif.io/api/image/2/level1.json"},
         (BASE, "2", 1), []),
        ({"id": BASE, "@type": "ImageService2", "profile": "level1"}, (BASE, "2", 1), []),
        ({"@id": BASE, "dcterms:conformsTo":
          "http://library.stanford.edu/iiif/image-api/1.1/conformance.html#level1"},
         (BASE, "1.1", 1), []),
        ({"@id": BASE, "dcterms:conformsTo": {"@id": "http://iiif.io/api/image/2/level0.json"}},
         (BASE, "2", 0), []),
        ({"@context": "http://iiif.io/api/image/2/context.json", "@id": BASE},
         (BASE, "2", None), []),
        ({"@id": BASE}, (BASE, None, None), ["service-unlabelled"]),
        (BASE, (BASE, None, None), ["service-as-text"]),
        ({"@id": BASE, "profile": "http://iiif.io/api/image/2/level3.json"},
         (BASE, "2", None), ["level-unknown"]),
        ({"profile": "http://iiif.io/api/image/2/level1.json"},
         (BASE, "2", 1), ["service-without-id"]),
        ({"id": f"{BASE}/full/!250,250/0/default.jpg", "type": "ImageService3"},
         (BASE, "3", None), ["service-id-is-image"]),
        ([{"@id": BASE, "@type": "ImageService2"}, {"id": BASE, "type": "ImageService3",
          "profile": "level1"}], (BASE, "3", 1), []),
        ([{"profile": "http://iiif.io/api/annex/services/physdim", "physicalScale": 0.1},
          [{"@id": BASE, "profile": "http://iiif.io/api/image/2/level2.json"}]],
         (BASE, "2", 2), []),
        ({"@id": "https://e.org/search", "profile": "http://iiif.io/api/search/1/search"},
         None, []),
        ({"@id": "https://e.org/x", "profile": "http://example.org/other"},
         None, ["service-unknown"]),
        ({"@id": "https://e.org/iipsrv.fcgi?IIIF=a.tif", "profile": "level1"},
         ("https://e.org/iipsrv.fcgi?IIIF=a.tif", None, 1), []),
        (None, None, []),
        ("", None, []),
        ([None, {}], None, ["service-unknown"]),
        (7, None, ["service-not-object"]),
    ],
)  # fmt: skip
def test_services(service, expected, codes):
    reading = Reading("https://example.org/m")
    ref, restricted = read_image_service(service, f"{BASE}/full/full/0/native.jpg", reading, "s")
    assert (ref and (ref.id, ref.version, ref.level)) == expected
    assert [w.code for w in reading.warnings()] == codes
    assert not restricted


@pytest.mark.parametrize(
    "auth",
    [
        {"@context": "http://iiif.io/api/auth/0/context.json", "@id": "https://e.org/login",
         "profile": "http://iiif.io/api/auth/0/login"},
        {"@id": "https://e.org/login", "profile": "http://iiif.io/api/auth/1/clickthrough"},
        {"id": "https://e.org/login", "@type": "AuthCookieService1"},
        {"id": "https://e.org/probe", "type": "AuthProbeService2",
         "service": [{"id": "https://e.org/access", "type": "AuthAccessService2"}]},
    ],
)  # fmt: skip
def test_an_authorisation_service_restricts(auth):
    service = {"@id": BASE, "profile": "http://iiif.io/api/image/2/level2.json"}
    for value in ({**service, "service": auth}, {**service, "service": [auth]}, [service, auth]):
        reading = Reading("https://example.org/m")
        ref, restricted = read_image_service(value, "", reading, "s")
        assert ref.id == BASE and restricted and not reading.warnings()


def test_bases_and_image_urls():
    assert service_base(" https://e.org/a/info.json?x=1 ") == "https://e.org/a"
    assert service_base("https://e.org/a//") == "https://e.org/a"
    assert split_image_url("https://e.org/a%2Fb/0,0,5,5/max/!90/default.jpg") == (
        "https://e.org/a%2Fb",
        "0,0,5,5",
        "max",
        "!90",
    )
    assert split_image_url("https://e.org/a/full/200,/0/native") is not None
    assert split_image_url("https://e.org/pictures/1.jpg") is None
