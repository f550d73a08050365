"""A takedown, everywhere at once: every public address is asked before and after, over HTTP, and
no word, key or address of what was withdrawn is left in any answer.

An address that is served and stands in no row of `ASKED` fails the test: a new one gets a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from catalog import collecting
from catalog.decode import encode_jpeg
from catalog.models import (
    Activity,
    Canvas,
    Collection,
    Comment,
    Manifest,
    permanent_key,
)
from catalog.withdrawal import withdraw_canvas, withdraw_manifest
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.subjects import SUBJECTS, export
from iiifsearch.index import map as making
from iiifsearch.index.duplicates import find_duplicates
from iiifsearch.index.everything import index_everything
from iiifsearch.index.map import make_map
from iiifsearch.models import Duplicate, MapSheet, NotOfClass, TagGuess
from ml.map.draw import draw
from tests.catalog.admin.conftest import make_collection
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import hang, painted, photo
from tests.manifests import manifest_3
from tests.people import signed_in

pytestmark = pytest.mark.django_db

#: Stand in what is said of the painting, and in nothing else: its title, its maker, what the
#: source says of it, what a curator does.
TITLE, MAKER, SAID, OWN = "Xylographia", "Quillfeather", "zinnober", "vermeil"
#: Words that find it, and that an answer may repeat.
WORDS = "a woodcut of an old printing press"
SEED = 50

#: Addresses of the REST interface that answer curators, or write.
NOT_PUBLIC = {
    *("api/manifests/", "api/runs/", "api/runs/<int:pk>/", "api/runs/<int:pk>/pause/"),
    *("api/runs/<int:pk>/resume/", "api/runs/<int:pk>/cancel/", "api/runs/<int:pk>/retry/"),
    # What people write or decide; lists of collections and of who is asking.
    *("api/comments/", "api/comments/<str:key>/", "api/collections/", "api/me/"),
    *("api/collections/<str:key>/canvases/", "api/duplicates/decisions/"),
    *("api/suggestions/decisions/", "api/decisions/<int:pk>/undo/"),
    # They say nothing of any painting.
    *("api/schema/", "health/live", "health/ready", "i18n/setlang/", "metrics"),
}


@pytest.fixture
def library(rich_pictures: None, library: Library, settings: Any) -> Library:
    """With key points in its pictures, and answers that are one page."""
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 200}
    return library


@dataclass
class Scene:
    """``victim`` is withdrawn; ``twin`` shows the same picture and stays. ``marks``: what must not
    be left anywhere."""

    library: Library
    victim: Canvas
    twin: Canvas
    collection: Collection
    sheet: str
    said: Comment
    own: Comment
    whole: bool
    marks: list[str] = field(default_factory=list)

    @property
    def manifest(self) -> Manifest:
        return self.library.manifest("victim")


@dataclass(frozen=True)
class Ask:
    """``told``: before, its answer tells of the painting. ``echo``: it is asked by the painting's
    own key or address, which the answer may repeat. ``data``: what is sent, by POST."""

    path: str
    told: bool = True
    echo: bool = False
    data: Callable[[], dict[str, Any]] | None = None
    curator: tuple[str, ...] = ()


@pytest.fixture(params=[True, False], ids=["with its manifest", "out of its manifest"])
def scene(
    request: pytest.FixtureRequest,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> Scene:
    monkeypatch.setattr(making, "_drawn", draw)
    twin = hang(library, "twin", painted(SEED), title="The Twin")
    made = manifest_3(
        library.server.base,
        "victim",
        title=TITLE if request.param else "Two views",
        maker=MAKER if request.param else "Nobody",
        canvases=1 if request.param else 2,
        comments=(f"{WORDS}, in {SAID}",),
        image="/victim.jpg",
    )
    if not request.param:
        first, second = made["items"]
        first["label"] = {"en": [TITLE]}
        first["metadata"] = [{"label": {"en": ["Artist"]}, "value": {"en": [MAKER]}}]
        second.pop("annotations")
        second["items"][0]["items"][0]["body"]["id"] = f"{library.server.base}/boats.jpg"
    small = cv2.resize(painted(SEED), None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    library.server.set("/victim.jpg", encode_jpeg(small), content_type="image/jpeg")
    library.harvest(library.add("victim", made))
    victim = library.canvas("victim")
    own = Comment.objects.create(
        canvas=victim,
        key=permanent_key("own"),
        origin=Comment.Origin.CURATOR,
        motivation="commenting",
        body=f"{WORDS}, {OWN}",
        created=timezone.now(),
    )
    Canvas.objects.filter(pk=victim.pk).update(text_revision=victim.text_revision + 1)
    collection = make_collection("Chosen", teaches=True, cover=victim)
    collecting.add(collection, [victim.pk, library.canvas("boats").pk], by=None)
    index_everything()
    find_duplicates()
    assert Duplicate.objects.filter(first=twin, second=victim).exists()
    Duplicate.objects.update(decision="copy")
    TagGuess.objects.create(
        canvas=victim, kind="missing", text=OWN, mark=OWN, relevance=1, decision="right"
    )
    TagGuess.objects.create(
        canvas=twin, kind="missing", text="x", mark="x", relevance=1, vouchers=[victim.pk, 1]
    )
    NotOfClass.objects.create(canvas=victim, collection=Collection.objects.exclude(uri="").get())
    with django_capture_on_commit_callbacks(execute=True):
        make_map()
    victim.refresh_from_db()
    found = Scene(
        *(library, victim, twin, collection, MapSheet.objects.get().sha256),
        *(victim.comments.get(origin="annotation"), own, request.param),
    )
    found.marks = [TITLE, MAKER, SAID, OWN, victim.key, victim.raw_id, "victim.jpg"]
    found.marks += [found.said.key, found.own.key]
    if found.whole:
        found.marks += [found.manifest.key, library.urls["victim"]]
    return found


def asked(scene: Scene) -> list[Ask]:
    """Every public address, as somebody would ask it who looks for the painting."""
    key, uri = scene.victim.key, quote(scene.victim.raw_id, safe="")
    twin, twins_uri = scene.twin.key, quote(scene.twin.raw_id, safe="")
    manifest, collection = scene.manifest.key, scene.collection.key
    words = quote(WORDS)
    region = "100,100,400,300"
    picture = encode_jpeg(painted(SEED))

    def sent(data: bytes = picture) -> Callable[[], dict[str, Any]]:
        return lambda: {"image": SimpleUploadedFile("a.jpg", data, "image/jpeg")}

    def page_sent(**more: Any) -> Callable[[], dict[str, Any]]:
        return lambda: {"picture": SimpleUploadedFile("a.jpg", picture, "image/jpeg"), **more}

    hung = encode_jpeg(photo((SEED, 200, 100, 480)))
    rows = [
        # pages
        Ask("/"),
        Ask(f"/?q={words}"),
        Ask(f"/?like={twin}"),
        Ask(f"/?like={twin}&xywh=percent:10,10,60,60"),
        Ask(f"/?like={key}", echo=True),
        Ask("/", data=page_sent()),
        Ask("/recognise/", told=False),
        Ask("/recognise/", data=lambda: {"picture": SimpleUploadedFile("a.jpg", hung)}),
        Ask("/collections/", told=False),
        Ask(f"/collections/{collection}/"),
        Ask(f"/painting/{key}/", echo=True),
        Ask(f"/painting/{twin}/"),
        Ask(f"/painting/{key}/viewer/", echo=True),
        Ask(f"/painting/{key}/side-by-side/", echo=True),
        Ask(f"/painting/{twin}/side-by-side/"),
        Ask(f"/painting/{key}/picture.jpg", told=False, echo=True),
        Ask("/map/", told=False),
        Ask("/map/data.json", told=False),
        Ask("/map/areas/0/"),
        Ask(f"/map/sheets/{scene.sheet}.jpg", told=False),
        Ask("/map/titles/0.json"),
        # REST
        Ask(f"/api/search/?q={words}"),
        Ask(f"/api/similar/?canvas={twins_uri}"),
        Ask(f"/api/similar/?canvas={twins_uri}&region={region}"),
        Ask(f"/api/similar/?canvas={uri}", told=False, echo=True),
        Ask("/api/similar/", data=sent()),
        Ask("/api/recognise/", data=sent(hung)),
        Ask("/api/random/?limit=50&seed=1"),
        Ask(f"/api/library/?manifest={manifest}", told=False, echo=True),
        Ask("/api/library/", told=False),
        Ask("/api/duplicates/", curator=("view_duplicate",)),
        Ask(f"/api/suggestions/?canvas={twins_uri}", told=False, curator=("add_comment",)),
        Ask(f"/api/suggestions/?canvas={uri}", told=False, echo=True, curator=("add_comment",)),
        Ask(f"/api/collections/{collection}/export/"),
        Ask(f"/api/collections/{collection}/export/?format=jsonld"),
        Ask(f"/api/collections/{collection}/export/", curator=("view_collection",)),
        # IIIF
        Ask(f"/iiif/manifest/{manifest}", echo=scene.whole),
        Ask("/iiif/collection/top", told=scene.whole),
        Ask(f"/iiif/collection/{collection}", told=scene.whole),
        Ask(f"/iiif/collection/{collection}/versions", told=False),
        Ask(f"/iiif/collection/{collection}/versions/1", told=scene.whole),
        Ask(f"/iiif/painting/{key}/manifest", echo=True),
        Ask(f"/iiif/annotation/{scene.said.key}", echo=True),
        Ask(f"/iiif/annotation/{scene.own.key}", echo=True),
        Ask(f"/iiif/annotations/{key}", echo=True),
        Ask(f"/iiif/annotations/{key}/2", echo=True),
        Ask(f"/iiif/embeddings/{key}", echo=True),
        Ask(f"/iiif/likeness/{twin}/{key}", echo=True),
        Ask(f"/iiif/likeness/{key}/{twin}", echo=True, told=False),
        Ask(f"/iiif/likeness/{quote(f'{twin}#xywh={region}', safe='')}/{key}", echo=True),
        Ask(f"/iiif/shown/{key}/{words}", told=False, echo=True),
        Ask(f"/iiif/thumbnail/{key}.jpg", told=False, echo=True),
        Ask("/iiif/activity/all-changes", told=False),
        # It says that the manifest was withdrawn, by its address.
        Ask("/iiif/activity/page/1", told=False, echo=True),
    ]
    scopes = ["library", f"collection/{collection}", f"manifest/{manifest}"]
    for version in (1, 2):
        for scope in scopes:
            of_it = scope.startswith("manifest")
            rows += [
                Ask(f"/iiif/search/{version}/{scope}?q={words}", echo=of_it and scene.whole),
                Ask(f"/iiif/search/{version}/{scope}", echo=of_it and scene.whole),
                Ask(f"/iiif/search/{version}/{scope}?q={twins_uri}", echo=of_it and scene.whole),
                Ask(f"/iiif/search/{version}/{scope}?q={uri}", echo=True),
                Ask(f"/iiif/autocomplete/{version}/{scope}?q=zinn", echo=of_it and scene.whole),
                Ask(f"/iiif/autocomplete/{version}/{scope}?q=verm", echo=of_it and scene.whole),
            ]
    return rows


def answer(ask: Ask, browsers: dict[tuple[str, ...], Client]) -> tuple[int, str]:
    client = browsers.setdefault(ask.curator, signed_in(*ask.curator) if ask.curator else Client())
    response: Any = client.post(ask.path, ask.data()) if ask.data else client.get(ask.path)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, body.decode("utf-8", "replace") + str(dict(response.items()))


def held(text: str, marks: list[str]) -> list[str]:
    """Those that stand in ``text``, however they are escaped."""
    return [
        mark
        for mark in marks
        if any(form in text for form in (mark, quote(mark, safe=""), json.dumps(mark)[1:-1]))
    ]


def routes(patterns: Any, before: str = "") -> Iterator[str]:
    for one in patterns:
        where = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, where)
        elif isinstance(one, URLPattern):
            yield where


def test_it_is_gone_everywhere_at_once(
    scene: Scene, django_capture_on_commit_callbacks: Any
) -> None:
    browsers: dict[tuple[str, ...], Client] = {}
    rows = asked(scene)
    silent = []
    for ask in rows:
        status, text = answer(ask, browsers)
        if ask.told and not (status == 200 and held(text, scene.marks)):
            silent.append((ask.path, status, text[:200]))
    assert [path for path, *_ in silent] == [], f"nothing could be learnt afterwards: {silent}"
    with django_capture_on_commit_callbacks(execute=True):
        if scene.whole:
            withdraw_manifest(scene.manifest, reason="The heirs asked for it.")
        else:
            withdraw_canvas(scene.victim, reason="The heirs asked for it.")
    words = [mark for mark in scene.marks if mark not in mark_of_addresses(scene)]
    left = []
    for ask in rows:
        status, text = answer(ask, browsers)
        assert status < 500, ask.path
        left += [(ask.path, mark) for mark in held(text, words if ask.echo else scene.marks)]
    assert left == [], left
    for path in (f"painting/{scene.victim.key}/", f"iiif/annotations/{scene.victim.key}"):
        assert Client().get(f"/{path}").status_code == 404
    assert Activity.objects.filter(
        type="Delete" if scene.whole else "Update", key=scene.manifest.key
    ).exists(), "harvesters are told"


def mark_of_addresses(scene: Scene) -> set[str]:
    """What whoever asks by it may be told again."""
    own = {scene.victim.key, scene.victim.raw_id, scene.said.key, scene.own.key}
    return own | {scene.manifest.key, scene.library.urls["victim"]}


def test_every_address_is_asked(scene: Scene) -> None:
    found = set(routes(get_resolver("iiifsearch.app_urls").url_patterns))
    matched = {
        str(resolve(ask.path.partition("?")[0], "iiifsearch.app_urls").route)
        for ask in asked(scene)
    }
    assert found - matched - NOT_PUBLIC == set(), "give it a row in `asked`"


def test_no_export_tells_of_it_and_no_decision_is_left(
    scene: Scene, django_capture_on_commit_callbacks: Any, tmp_path: Path
) -> None:
    def everything() -> str:
        """But for the journal: it tells who withdrew what, to whom it may be told."""
        every = Asked(drafts=True, harvested=True)
        return "".join(
            piece.decode()
            for subject in SUBJECTS.values()
            if subject.name != "journal"
            for form in subject.forms
            for piece in export(subject.name, form, every).pieces
        )

    assert set(held(everything(), scene.marks)) >= {TITLE, SAID, OWN, scene.victim.key}
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_canvas(scene.victim, reason="The heirs asked for it.")
    if not scene.whole:  # else its manifest goes on saying its title, until that is withdrawn
        assert held(everything(), scene.marks) == []
    both = Q(first=scene.victim) | Q(second=scene.victim)
    assert not Duplicate.objects.filter(both).exists()
    assert not NotOfClass.objects.exists()
    guess = TagGuess.objects.get()
    assert (guess.canvas_id, guess.vouchers) == (scene.twin.pk, [1])
    scene.collection.refresh_from_db()
    assert scene.collection.cover is None
