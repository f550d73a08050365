"""What no museum should publish and some do: told with a reason, and nothing is lost."""

from __future__ import annotations

import pytest

from catalog.harvest import upsert
from catalog.harvest.run import BadSource, request
from catalog.models import Canvas, Comment, Manifest, Source
from tests.catalog.harvest.helpers import harvest
from tests.manifests import manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db

BAD = {
    "a web page": (b"<!doctype html><title>Our museum</title>", "text/html", "HTML"),
    "cut short": (
        b'{"@context": "http://iiif.io/api/presentation/3/context.json", "id": "h',
        "",
        "",
    ),
    "other JSON": (b'{"name": "not IIIF"}', "application/json", ""),
    "nothing": (b"", "application/json", ""),
    "a picture": (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_with_url_and_reason_and_loses_nothing(case: str, server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, comments=("Kept.",)))
    harvest(url)
    before = list(Canvas.objects.values()) + list(Comment.objects.values())
    body, content_type, word = BAD[case]
    server.set("/m1.json", body, content_type=content_type)
    run = harvest(url)
    assert run.state == "failed"
    item = run.items.get()
    assert item.outcome == "failed"
    assert url in item.reason
    assert word in item.reason
    assert before == list(Canvas.objects.values()) + list(Comment.objects.values())


def test_forty_megabytes_are_refused(server: Museum) -> None:
    url = server.set("/m1.json", b'{"@id": "' + b"x" * 40 * 2**20 + b'"}')
    run = harvest(url)
    assert run.state == "failed"
    assert "MB" in run.message and url in run.message


def test_windows_1252_is_read_with_a_warning(server: Museum) -> None:
    import json

    text = json.dumps(manifest_3(server.base, title="L’été"), ensure_ascii=False)
    run = harvest(server.set("/m1.json", text.encode("cp1252")))
    assert run.state == "done"
    assert Canvas.objects.get().title == "L’été"
    assert run.items.get().warnings


def test_a_manifest_without_canvases_is_recorded_as_such(server: Museum) -> None:
    run = harvest(server.set("/m1.json", manifest_3(server.base, canvases=0)))
    assert run.created == 1
    assert "no canvases" in run.items.get().reason


def test_nothing_is_half_written(server: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the last step of storing takes the first steps back, and is told."""

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(upsert, "store_comments", broken)
    run = harvest(server.set("/m1.json", manifest_3(server.base)))
    assert (run.state, Manifest.objects.count(), Canvas.objects.count()) == ("failed", 0, 0)
    assert "the disk is full" in run.message


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "NaN", "Infinity"])
def test_numbers_that_no_database_holds(number: str, server: Museum) -> None:
    import json

    made = json.dumps(manifest_3(server.base)).replace('"width": 800', f'"width": {number}')
    run = harvest(server.set("/m1.json", made.encode()))
    assert run.state == "done", run.message


def test_dates_at_the_end_of_time(server: Museum) -> None:
    made = manifest_3(server.base, comments=("Late.",))
    made["items"][0]["annotations"][0]["items"][0]["created"] = "9999-12-31T23:59:59-23:00"
    assert harvest(server.set("/m1.json", made)).state == "done"
    assert Comment.objects.get(origin="annotation").created is None


def test_an_etag_that_no_header_may_hold_is_not_sent_back(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"ETag": '"é"'})
    assert harvest(url).state == "done"
    assert harvest(url).state == "done"


@pytest.mark.parametrize(
    "text", ["", "not a url", "ftp://example.org/m", "javascript:alert(1)", "http://"]
)
def test_what_is_no_url_is_refused_at_once(text: str) -> None:
    with pytest.raises(BadSource):
        request(text)
    assert not Source.objects.exists()


def test_ids_longer_than_an_index_entry(server: Museum) -> None:
    made = manifest_3(server.base)
    made["items"][0]["id"] += "/" + "x" * 5000
    run = harvest(server.set("/m1.json", made))
    assert run.state == "done", run.message
    assert Canvas.objects.get().raw_id.endswith("xxxx")


def test_characters_that_postgres_cannot_store(server: Museum) -> None:
    made = manifest_3(server.base, title="Nul \u0000 and \ud800", comments=("\u0000",))
    run = harvest(server.set("/m1.json", made))
    assert run.state == "done", run.message
