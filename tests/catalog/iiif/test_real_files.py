"""Real manifests of institutions, read to what stands in them.

The table was written by looking into the files, not by running the reader. The files are other
people's and are not here; the fixture ``eval_data`` gives their folder or skips.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from catalog.iiif.reader import read
from catalog.iiif.types import ParsedCollection, ParsedManifest

FETCHED_FROM = "https://harvest.example.org/dir/fetched.json"


@dataclass(frozen=True)
class Expected:
    """``kind`` M or C; canvases or members; images, choices counted one by one; the codes of all
    warnings."""

    kind: str
    version: int
    count: int
    images: int = 0
    codes: tuple[str, ...] = ()


TABLE = {
    "v2-artic-chicago": Expected("M", 2, 2, 2),
    "v2-biblissima-multi-image-canvas": Expected("M", 2, 22, 44, ("url-not-encoded",)),
    "v2-british-library-auth0": Expected("M", 2, 20, 20, ("login-service",)),
    "v2-bsb-search1": Expected("M", 2, 4, 4),
    "v2-collection-harvard-duplicate-members": Expected("C", 2, 1, 0, ("member-repeated",)),
    "v2-collection-paginated-bsb": Expected("C", 2, 0),
    "v2-gallica-canvases-without-id-BROKEN": Expected("M", 2, 106, 106, ("canvas-without-id",)),
    "v2-hamilton-multispectral-choice": Expected("M", 2, 1, 23),
    "v2-harvard-art-299843-imageapi2": Expected("M", 2, 6, 6),
    "v2-loc-no-canvases-ODD": Expected("M", 2, 0, 0, ("no-canvases",)),
    "v2-nga-highlights": Expected("M", 2, 26, 26),
    "v2-nga-highlights-https-profile": Expected("M", 2, 26, 26),
    "v2-nlw-search-service": Expected("M", 2, 12, 12, ("metadata-without-label", "rights-not-uri")),
    "v2-not-utf8-BROKEN": Expected("C", 2, 8, 0, ("not-utf8",)),
    "v2-relative-id": Expected("M", 2, 7, 7, ("painting-elsewhere", "relative-id")),
    "v2-staatsbibliothek-berlin": Expected(
        "M", 2, 17, 17, ("motivation-missing", "value-not-text")
    ),
    "v2-stanford-roman-coin-imageapi11": Expected("M", 2, 2, 2),
    "v2-stanford-search-and-autocomplete": Expected("M", 2, 5, 5),
    "v2-tokyo-zuzoubu": Expected("M", 2, 1, 1),
    "v2-ucd-physdim-service": Expected("M", 2, 1, 1),
    "v2-villanova": Expected("M", 2, 2, 2),
    "v2-wellcome-degraded-auth": Expected("M", 2, 1, 1),
    "v2-wikimedia-courbet-level0": Expected("M", 2, 1, 1),
    "v2-yale-canvas-width-string-BROKEN": Expected("M", 2, 1, 1, ("number-as-text",)),
    "v3-ark-level3-profile-BROKEN": Expected("M", 3, 6, 6, ("level-unknown",)),
    "v3-bodleian": Expected("M", 3, 1, 1),
    "v3-collection-wellcome": Expected("C", 3, 4),
    "v3-wellcome-search1-in-p3": Expected("M", 3, 10, 10),
}


@pytest.fixture
def manifest(eval_data):
    def load(name: str) -> ParsedManifest | ParsedCollection:
        return read((eval_data / "manifests" / f"{name}.json").read_bytes(), FETCHED_FROM)

    return load


@pytest.mark.parametrize("name", TABLE)
def test_each_file_reads_to_what_it_holds(manifest, name):
    expected, found = TABLE[name], manifest(name)
    codes = tuple(sorted({w.code for w in found.warnings}))
    if isinstance(found, ParsedManifest):
        images = sum(len(c.images) for c in found.canvases)
        seen = Expected("M", found.version, len(found.canvases), images, codes)
    else:
        seen = Expected("C", found.version, len(found.members), 0, codes)
    assert seen == expected


def test_no_file_is_forgotten(eval_data):
    assert {p.stem for p in (eval_data / "manifests").glob("*.json")} <= set(TABLE)


@pytest.mark.parametrize("name", [n for n, e in TABLE.items() if e.kind == "M" and e.count])
def test_every_canvas_has_a_size_a_unique_id_and_an_image_with_a_service(manifest, name):
    found = manifest(name)
    assert len({c.id for c in found.canvases}) == len(found.canvases)
    for canvas in found.canvases:
        assert canvas.width and canvas.height and canvas.kind == "image"
        assert canvas.skipped_reason is None
        assert all(image.service is not None for image in canvas.images)


def test_a_choice_has_one_default_and_named_alternatives(manifest):
    (canvas,) = manifest("v2-hamilton-multispectral-choice").canvases
    first, second, *_ = canvas.images
    assert first.is_default and first.choice_label == "Full-spectrum Color Image"
    assert not second.is_default and second.choice_label == "Transcription - Blue"
    # One choice with 19 images, and four single images on parts of the canvas.
    assert sum(i.is_default for i in canvas.images) == 1 + 4
    assert sum(i.target is not None for i in canvas.images) == 4
    assert canvas.images[19].target.as_tuple() == (552, 1584, 3360, 2368)


def test_fragments_pasted_on_a_canvas_keep_their_place_and_api_version(manifest):
    whole, detail = manifest("v2-biblissima-multi-image-canvas").canvases[0].images
    assert whole.target is None and whole.service.version == "2"
    assert detail.target.as_tuple() == (3949, 994, 1091, 1232)
    assert (detail.service.version, detail.service.level) == ("1.1", 2)
    assert "Ch%C3%A2teauroux" in whole.service.id


def test_canvases_without_id_are_named_the_same_each_time(manifest):
    one, other = (manifest("v2-gallica-canvases-without-id-BROKEN") for _ in range(2))
    named = [c for c in one.canvases if c.id_synthesised]
    assert len(named) == 11 and all(c.raw_id is None for c in named)
    assert [c.id for c in one.canvases] == [c.id for c in other.canvases]


def test_a_relative_id_is_resolved_against_where_it_was_fetched(manifest):
    found = manifest("v2-relative-id")
    assert found.raw_id == "manifest.json"
    assert found.id == "https://harvest.example.org/dir/manifest.json"


def test_numbers_written_as_text_are_numbers(manifest):
    (canvas,) = manifest("v2-yale-canvas-width-string-BROKEN").canvases
    assert (canvas.width, canvas.height) == (62651, 1976)
    service = canvas.images[0].service
    assert (service.version, service.level) == ("1.1", 1)
    assert not service.id.endswith("/")


def test_of_two_image_services_the_newer_is_taken(manifest):
    service = manifest("v3-bodleian").canvases[0].images[0].service
    assert (service.version, service.level) == ("3", 1)


def test_a_level_that_does_not_exist_is_no_level(manifest):
    service = manifest("v3-ark-level3-profile-BROKEN").canvases[0].images[0].service
    assert service.level is None and service.profile_raw == "level3"


def test_a_physical_dimensions_service_is_no_image_service(manifest):
    service = manifest("v2-ucd-physdim-service").canvases[0].images[0].service
    assert service.id == "https://iiif.ucd.ie/loris/ucdlib:33543"


def test_annotation_lists_are_noted(manifest):
    assert manifest("v2-tokyo-zuzoubu").canvases[0].annotation_refs == (
        "https://dzkimgs.l.u-tokyo.ac.jp/iiif/zuzoubu/12b02/list/p0001-0025.json",
    )


def test_windows_1252_is_read_as_what_was_meant(manifest):
    found = manifest("v2-not-utf8-BROKEN")
    assert found.label == {"none": ["Potter's electric news"]}
    assert not any("\ufffd" in str(member.label) for member in found.members)


def test_a_paged_collection_says_where_it_begins(manifest):
    found = manifest("v2-collection-paginated-bsb")
    assert found.next_page.endswith("/collection/top?cursor=initial")
    assert found.total == 3074231


def test_members_listed_twice_are_one(manifest):
    (member,) = manifest("v2-collection-harvard-duplicate-members").members
    assert (member.kind, member.label) == ("collection", {"none": ["Objects"]})


def test_the_licence_within_a_link_is_its_uri(manifest):
    found = manifest("v2-nlw-search-service")
    assert found.rights == "https://creativecommons.org/publicdomain/mark/1.0/"
