"""Broken manifests by the hundred go through the real storing code into the real database; in
`make test-long` twenty thousand.

Each is a good manifest with a few things changed at random, the same at each run. Whatever is in
them: no exception, and never half a manifest. Where the folder of evaluation data is known, its
real manifests are broken as well.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from catalog.conf import options
from catalog.harvest.run import perform, request
from catalog.harvest.upsert import store
from catalog.iiif.errors import IIIFError
from catalog.iiif.language import best
from catalog.iiif.reader import read
from catalog.iiif.types import ParsedManifest
from catalog.models import Canvas, HarvestItem, HarvestRun, Manifest, identity
from tests.catalog.iiif import samples
from tests.servers import Museum

pytestmark = pytest.mark.django_db

URL = "https://example.org/iiif/fetched.json"
#: Real manifests are cut to this many canvases: what breaks is in their shapes, not their number.
CANVASES = 5
#: Rows are compared between all manifests this often; between the one stored each time.
ALL_EVERY = 100

ODD: list[Any] = [
    *(None, True, False, 0, -1, 7, 2.5, 2**31, 2**63, 1e300, 40_000),
    *("", " ", "x", "none", "@none", "0", "1e999", "\x00", "a\x00b", "\ud800", "é" * 300),
    *("http://[", "//127.0.0.1:9/x", "urn:x:y", "#xywh=1,2,3,4", "xywh=percent:1,2,3,4", "xywh=-5"),
    *("sc:Manifest", "Choice", "SpecificResource", "painting", "Canvas", "Sound", "<p>", "level9"),
    *("3000000000", "99999", "2024-01-01T00:00:00Z", "pct:1,2,3,4", "9" * 60, "?", "%", "'"),
    *("/" + "".join(random.Random(0).choices("abcdefghijk", k=5000)), "x" * 9000),
    *([], {}, [[]], [None], [{}], {"@id": "x"}, {"id": {"id": 3}}, {"en": []}, {"en": [3, None]}),
    *({"@value": "words", "@language": "x" * 50}, {"type": "Choice", "items": []}, ["a", "b"]),
    *({"selector": {"type": "FragmentSelector", "value": "xywh=1e9,1,1,1e9"}}, {"value": True}),
]  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(node, dict | list):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in pairs:
            yield from places(child, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def mutant(dice: random.Random, document: Any) -> Any:
    """``document`` with one to six things deleted, replaced, wrapped, moved or doubled."""
    value = copy.deepcopy(document)
    for _ in range(dice.randint(1, 6)):
        paths = list(places(value))
        if not paths:
            break
        path = dice.choice(paths)
        holder, key = at(value, path[:-1]), path[-1]
        child = holder[key]
        match dice.randrange(7):
            case 0:
                del holder[key]
            case 1:
                holder[key] = [child]
            case 2 if isinstance(child, list) and child:
                holder[key] = child[0]
            case 3:
                # A piece from elsewhere: another's id, a canvas for a label, an object for a list.
                holder[key] = copy.deepcopy(at(value, dice.choice(paths)))
            case 4 if isinstance(holder, list):
                holder.insert(dice.randrange(len(holder) + 1), copy.deepcopy(child))
            case 5 if isinstance(holder, list):
                dice.shuffle(holder)
            case _:
                holder[key] = copy.deepcopy(dice.choice(ODD))
    return value


def renamed(document: dict[str, Any], number: int) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(document).replace("/work/", f"/work-{number}/"))
    key = "id" if "id" in value else "@id"
    return {**value, key: f"{value.get(key)}?n={number}"}


def synthetic() -> list[dict[str, Any]]:
    """Good manifests, with a canvas of each kind, several images, and annotations."""
    two, three = samples.manifest2(), samples.manifest3()
    more2 = [{**samples.canvas2(), "@id": f"{samples.CANVAS}/2/{n}"} for n in range(2)]
    two["sequences"][0]["canvases"] += copy.deepcopy(more2)
    three["id"] += "?v=3"
    choice = {"type": "Choice", "items": [samples.body3(), {**samples.body3(), "id": "/uv.jpg"}]}
    detail = {
        "type": "SpecificResource",
        "source": samples.body3(),
        "selector": {"type": "ImageApiSelector", "region": "1,2,30,40", "rotation": "90"},
    }
    sound = {"id": "https://example.org/a.mp3", "type": "Sound", "format": "audio/mp3"}
    for number, body in enumerate([choice, detail, sound]):
        canvas = copy.deepcopy(samples.canvas3())
        canvas["id"] = f"{samples.CANVAS}/3/{number}"
        canvas["items"][0]["items"][0] |= {"body": body, "target": canvas["id"]}
        three["items"].append(canvas)
    return [two, three]  # fmt: skip


def real() -> list[dict[str, Any]]:
    folder = Path(settings.EVAL_DATA or "nowhere", "manifests")
    found = []
    for file in sorted(folder.glob("*.json")):
        raw = read(file.read_bytes(), URL).raw  # type: ignore[union-attr]
        if "sequences" in raw:
            del raw["sequences"][0]["canvases"][CANVASES:]
            raw.pop("structures", None)
        elif "items" in raw:
            del raw["items"][CANVASES:]
        found.append(raw)
    return found


def parsed(value: Any, url: str = URL) -> ParsedManifest | None:
    """None for what is refused, with its reason, or is no longer a manifest."""
    try:
        found = read(json.dumps(value).encode(), url)
    except IIIFError:
        return None
    return found if isinstance(found, ParsedManifest) else None


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


# -- what must be true ---------------------------------------------------------------------------


def check_manifest(manifest: Manifest, told: ParsedManifest) -> None:
    """The rows of one manifest are what the reader says, all of it."""
    ((title, warnings),) = rows(
        "SELECT title, jsonb_array_length(warnings) FROM catalog_manifest WHERE id = %s",
        manifest.pk,
    )
    assert title == best(told.label, options.languages)
    assert warnings >= len(told.warnings)
    stored = rows(
        """SELECT a.position, a.raw_id, c.uri, c.home_id = a.manifest_id, c.kind,
                  c.skipped_reason, c.pixel_revision, p.revision, p.outcome,
                  array(SELECT i.ordinal::int FROM catalog_canvasimage i
                        WHERE i.canvas_id = c.id ORDER BY i.ordinal),
                  array(SELECT i.url FROM catalog_canvasimage i
                        WHERE i.canvas_id = c.id ORDER BY i.ordinal)
           FROM catalog_manifestcanvas a LEFT JOIN catalog_canvas c ON c.id = a.canvas_id
           LEFT JOIN catalog_picture p ON p.canvas_id = c.id
           WHERE a.manifest_id = %s ORDER BY a.position""",
        manifest.pk,
    )
    assert [row[:3] for row in stored] == [
        (c.position, c.raw_id or c.id, identity(c.id)) for c in told.canvases
    ]
    for row, canvas in zip(stored, told.canvases, strict=True):
        mine, kind, reason, pixels, revision, outcome, ordinals, urls = row[3:]
        assert revision == pixels and ordinals == list(range(len(ordinals)))
        # One whose address is no URL has failed before anybody asks.
        assert outcome in ({"waiting", "failed"} if ordinals else {"skipped"})
        if mine:
            assert (kind, reason) == (canvas.kind, canvas.skipped_reason or "")
            assert urls == [image.url for image in canvas.images]
    # Where annotations could not be had (no hash), those of before stay, wherever they were.
    assert not rows(
        """SELECT 1 FROM catalog_comment m JOIN catalog_manifest f ON f.id = m.manifest_id
           WHERE f.id = %s AND f.content_hash <> '' AND NOT EXISTS (
             SELECT 1 FROM catalog_manifestcanvas a
             WHERE a.manifest_id = m.manifest_id AND a.canvas_id = m.canvas_id)""",
        manifest.pk,
    )


def check_everything() -> None:
    """No canvas anywhere is without its images or its picture, or has what it should not."""
    assert not rows(
        """SELECT c.uri FROM catalog_canvas c LEFT JOIN catalog_picture p ON p.canvas_id = c.id
           WHERE p.canvas_id IS NULL OR p.revision <> c.pixel_revision
              OR (c.kind = 'image') <> EXISTS (
                   SELECT 1 FROM catalog_canvasimage i WHERE i.canvas_id = c.id)
              OR (c.kind = 'image') <> (c.skipped_reason = '')
              OR (c.kind = 'image') <> (p.outcome IN ('waiting', 'failed'))"""
    )
    assert not rows(
        """SELECT canvas_id FROM catalog_canvasimage GROUP BY canvas_id
           HAVING max(ordinal) + 1 <> count(*) OR min(ordinal) <> 0"""
    )
    assert not rows(
        """SELECT manifest_id FROM catalog_manifestcanvas GROUP BY manifest_id
           HAVING count(DISTINCT position) <> count(*)"""
    )
    # A canvas has its home in a manifest that shows it.
    assert not rows(
        """SELECT c.uri FROM catalog_canvas c WHERE c.home_id IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM catalog_manifestcanvas a
             WHERE a.canvas_id = c.id AND a.manifest_id = c.home_id)"""
    )


def snapshot() -> list[tuple[Any, ...]]:
    tables = ("manifest", "canvas", "manifestcanvas", "canvasimage", "picture", "comment")
    return [
        row
        for name in tables
        for row in rows(
            f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM catalog_{name} t"
        )
    ]


# -- the tests -----------------------------------------------------------------------------------


def store_mutants(documents: list[dict[str, Any]], count: int, seed: int) -> Counter[str]:
    tally: Counter[str] = Counter()
    for number in range(count):
        dice = random.Random(f"{seed} {number}")
        document = documents[number % len(documents)]
        if number % 3 == 0:  # a manifest nobody has seen, at times with canvases known from others
            document = renamed(document, number)
        told = parsed(mutant(dice, document))
        if told is None:
            tally["refused"] += 1
            continue
        with transaction.atomic():
            stored = store(told, url=URL, source=None, content_hash=str(number))
        check_manifest(stored.manifest, told)
        tally["created" if stored.created else "updated"] += 1
        tally["canvases"] += len(told.canvases)
        if number % ALL_EVERY == 0:
            check_everything()
    check_everything()
    return tally


def test_mutants_of_synthetic_manifests() -> None:
    tally = store_mutants(synthetic(), 400, seed=1)
    assert tally["created"] > 120 and tally["updated"] > 200


def test_mutants_of_real_manifests() -> None:
    documents = real()
    if not documents:
        pytest.skip("IIIFSEARCH_EVAL_DATA names no folder of evaluation data")
    tally = store_mutants(documents, 400, seed=2)
    assert tally["created"] > 120 and tally["updated"] > 160


@pytest.mark.long
def test_very_many_mutants() -> None:
    store_mutants(synthetic() + real(), 20_000, seed=3)


class Interrupted(Exception):
    """The process is ended in the middle."""


def interrupted_at(statement: int) -> Callable[..., Any]:
    """Lets ``statement`` writes through, and ends at the next."""
    left = [statement]

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            if not left[0]:
                raise Interrupted
            left[0] -= 1
        return run(sql, params, many, context)

    return execute


def test_what_breaks_off_leaves_everything_as_it_was() -> None:
    documents, broken = synthetic(), 0
    store_mutants(documents, 20, seed=4)
    for number in range(120):
        dice = random.Random(f"5 {number}")
        told = parsed(mutant(dice, documents[number % 2]))
        if told is None:
            continue
        before = snapshot()
        try:
            with transaction.atomic(), connection.execute_wrapper(interrupted_at(number % 7)):
                stored = store(told, url=URL, source=None, content_hash=str(number))
        except Interrupted:
            broken += 1
            assert snapshot() == before
        else:
            check_manifest(stored.manifest, told)
    assert broken > 60


def test_mutants_from_a_server(server: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small answers otherwise wait 40 ms for an acknowledgement that is late on purpose.
    monkeypatch.setattr(StreamRequestHandler, "disable_nagle_algorithm", True)
    server.set("/iiif/work/page/2", samples.canvas3()["annotations"][0])
    # Nothing outside this machine is asked, wherever a URL ends up.
    local = json.loads(re.sub(r"https?://[^/\"]+", server.base, json.dumps(synthetic())))
    outcomes: Counter[str] = Counter()
    for number in range(80):
        dice = random.Random(f"6 {number}")
        value = mutant(dice, local[number % 2])
        url = server.set(f"/mutant-{number % 8}.json", value)
        run = perform(request(url, queue=False))
        told = parsed(value, url)
        check_run(run)
        for item in run.items.filter(url=url):
            outcomes[item.outcome] += 1
            # Only what cannot be read at all may fail.
            assert told is None or item.outcome != "failed", item.reason
            if told is not None and item.outcome in ("created", "updated"):
                assert item.canvases == len(told.canvases)
                check_manifest(item.manifest, told)
        outcomes[run.state] += 1
    check_everything()
    assert outcomes["created"] > 1 and outcomes["updated"] > 30
    assert Canvas.objects.count() > 5


def check_run(run: HarvestRun) -> None:
    """It has ended, each URL is settled with its reason, and the counts add up."""
    items = list(run.items.all())
    outcomes = Counter(item.outcome for item in items)
    assert run.state in (HarvestRun.State.DONE, HarvestRun.State.FAILED)
    assert run.pending == 0 and not outcomes[HarvestItem.Outcome.PENDING]
    for name in ("created", "updated", "unchanged", "failed", "skipped"):
        assert getattr(run, name) == outcomes[name]
    assert run.canvases == sum(item.canvases for item in items)
    for item in items:
        if item.outcome == HarvestItem.Outcome.FAILED:
            assert item.reason and "Traceback" not in item.reason
