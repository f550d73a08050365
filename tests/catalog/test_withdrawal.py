"""Finding what is to be withdrawn, and the command."""

from __future__ import annotations

import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from catalog import withdrawal
from catalog.locks import take_turn
from catalog.models import Canvas, Manifest, ManifestCanvas, Picture, State, identity
from catalog.withdrawal import NotHere, Removal, find, removal, removal_of
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest

pytestmark = pytest.mark.django_db

URI = "https://museum.example/Work%201/canvas"


@pytest.fixture
def canvas() -> Canvas:
    raw = "http://museum.example:80/Work 1/canvas"
    return make_canvas(make_manifest(), uri=identity(URI), raw_id=raw, title="Boats")


@pytest.mark.parametrize(
    "spelling",
    [
        URI,
        f" {URI}#xywh=1,2,3,4 ",
        "http://museum.example:80/Work 1/canvas",
        "HTTP://Museum.Example/Work%201/canvas",
    ],
)
def test_a_canvas_is_found_in_any_spelling(canvas: Canvas, spelling: str) -> None:
    assert find(spelling) == canvas


@pytest.mark.parametrize(
    "url",
    ["{}", "https://paintings.example/painting/{}/", "https://p.example/app/iiif/thumbnail/{}.jpg"],
)
def test_by_its_key_and_our_urls(canvas: Canvas, url: str) -> None:
    assert find(url.format(canvas.key)) == canvas
    manifest = Manifest.objects.get()
    assert find(url.format(manifest.key)) == manifest


def test_a_manifest_by_its_id_and_by_where_it_was_had() -> None:
    manifest = make_manifest(raw_id="urn:book:1", url="https://museum.example/b.json?v=2")
    for name in (manifest.uri, "urn:book:1", "https://museum.example/b.json?v=2"):
        assert find(name) == manifest


def test_a_canvas_as_one_of_its_manifests_spells_it(canvas: Canvas) -> None:
    ManifestCanvas.objects.update(raw_id="canvas/1.json")
    assert find("canvas/1.json") == canvas
    ManifestCanvas.objects.filter(canvas=make_canvas(make_manifest())).update(
        raw_id="canvas/1.json"
    )
    with pytest.raises(NotHere, match="by its key"):
        find("canvas/1.json")


@pytest.mark.parametrize("name", ["", "nothing", "https://museum.example/x", "a" * 16, "\0"])
def test_what_is_not_here_says_how_to_find_it(canvas: Canvas, name: str) -> None:
    with pytest.raises(NotHere, match="Give its key"):
        find(name)


def test_what_would_be_removed(canvas: Canvas) -> None:
    manifest = Manifest.objects.get()
    alone = make_canvas(manifest)
    make_comment(alone, origin="curator")
    make_comment(canvas, manifest=manifest)
    other = make_manifest()
    ManifestCanvas.objects.create(canvas=canvas, manifest=other, position=0)
    Picture.objects.create(canvas=alone, revision=1, outcome="kept", sha256="0" * 64, size=7)
    assert removal(canvas) == Removal(canvases=1, changed=2, comments=2)
    # Of the canvas that others show too, only what this manifest says of it.
    whole = Removal(manifests=1, canvases=1, comments=4, by_curators=1, pictures=1, size=7)
    assert removal(manifest) == whole
    assert removal_of([manifest, other]).canvases == 1
    withdrawal.withdraw_manifest(manifest, reason="Asked for")
    assert removal(Manifest.objects.get(pk=manifest.pk)) == Removal()


def test_a_reason_is_required(canvas: Canvas) -> None:
    with pytest.raises(ValueError, match="reason"):
        withdrawal.withdraw(canvas.key, reason=" ")
    assert withdrawal.withdraw(canvas.key, reason="Asked for").state == State.WITHDRAWN


# -- the command -----------------------------------------------------------------------------


def run(*args: str) -> str:
    out = StringIO()
    call_command("withdraw", *args, stdout=out)
    return out.getvalue()


def states() -> list[str]:
    return list(Canvas.objects.order_by("pk").values_list("state", flat=True))


def test_the_command_says_what_goes_and_withdraws(canvas: Canvas) -> None:
    other = make_canvas(make_manifest())
    said = run(URI, other.key, "--reason", "Asked for", "--yes")
    assert "2 canvases, 2 texts (0 of them by curators)" in said
    assert "2 withdrawn." in said
    assert states() == ["withdrawn", "withdrawn"]
    assert "already" in run(URI, "--reason", "Asked for", "--yes")
    assert "2 restored as draft" in run(URI, other.key, "--undo", "--yes")
    assert states() == ["draft", "draft"]
    assert "None of them" in run(URI, "--undo", "--yes")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([URI], "--reason"),
        ([URI, "--reason", " "], "--reason"),
        ([URI, "https://museum.example/x", "--reason", "r", "--yes"], "Give its key"),
    ],
)
def test_the_command_refuses(canvas: Canvas, args: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run(*args)
    assert states() == ["published"]


@pytest.mark.parametrize(("answer", "state"), [("y", "withdrawn"), ("n", "published")])
def test_the_command_asks(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch, answer: str, state: str
) -> None:
    monkeypatch.setattr("builtins.input", lambda question: answer)
    if answer == "n":
        with pytest.raises(CommandError, match="Nothing was changed"):
            run(URI, "--reason", "Asked for")
    else:
        run(URI, "--reason", "Asked for")
    assert states() == [state]


def test_the_command_without_anybody_to_ask(canvas: Canvas, monkeypatch: Any) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(CommandError, match="--yes"):
        run(URI, "--reason", "Asked for")


# -- beside a harvest ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whole", [True, False])
def test_it_waits_for_a_harvest_of_the_manifest(whole: bool) -> None:
    manifest = make_manifest()
    canvas = make_canvas(manifest)
    taken, go = threading.Event(), threading.Event()

    def harvest() -> None:
        with transaction.atomic():
            take_turn(manifest.uri)
            taken.set()
            go.wait(10)
            Manifest.objects.filter(pk=manifest.pk).update(title="Said by the harvest")
        connection.close()

    def withdraw() -> None:
        taken.wait(10)
        withdrawal.withdraw((manifest if whole else canvas).key, reason="Asked for")
        connection.close()

    threads = [threading.Thread(target=work) for work in (harvest, withdraw)]
    for thread in threads:
        thread.start()
    taken.wait(10)
    time.sleep(0.2)
    assert states() == ["published"], "the harvest is not done yet"
    go.set()
    for thread in threads:
        thread.join(10)
    assert states() == ["withdrawn"]
    manifest.refresh_from_db()
    assert manifest.title == ("" if whole else "Said by the harvest")
