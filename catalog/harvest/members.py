"""What collections list, and which manifests are in them because of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from catalog import activities
from catalog.conf import options
from catalog.harvest import frontier
from catalog.harvest.frontier import Entry
from catalog.iiif.language import best
from catalog.iiif.reader import read
from catalog.iiif.types import CollectionMember, ParsedCollection, ParsedManifest
from catalog.models import (
    Activity,
    Collection,
    Document,
    HarvestItem,
    HarvestRun,
    Listing,
    State,
    identity,
    permanent_key,
)

#: In `HarvestItem.target`: the collection that lists the manifest holds all of it.
EMBEDDED = "embedded"
#: Members that are written down at a time.
AT_ONCE = 5000


_T = TypeVar("_T")


def _batched(things: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(things)
    while some := list(islice(rest, AT_ONCE)):
        yield some


class Reading:
    """One collection document of a run: what it lists is noted, what to visit is found, and what
    became public through it is told at the end of the transaction."""

    def __init__(self, run: HarvestRun, item: HarvestItem) -> None:
        self._run = run
        self._item = item
        self._public: list[tuple[Activity.Type, str]] = []

    def store(self, parsed: ParsedCollection, *, changed: bool) -> None:
        """Store a collection (or a further page of one), and find its members for the run.

        ``changed``: False where the document is as an earlier harvest saw it. Call within a
        transaction.
        """
        run, item = self._run, self._item
        page_of = item.collection if item.is_page else None
        collection = page_of or self._stored(parsed, item.collection)
        if not item.is_page and item.depth == 0:
            describe(run, "collection", collection.title)
        _list(run, item.mark, collection, parsed.members, changed)
        for entries in _batched(self._members(item.depth, collection, parsed)):
            frontier.add(run, entries)

    def tell(self) -> None:
        """Write down what became public: the last thing that the transaction does."""
        for kind, key in self._public:
            activities.record(kind, Activity.Kind.COLLECTION, key)

    def _members(
        self, depth: int, collection: Collection, parsed: ParsedCollection
    ) -> Iterator[Entry]:
        """What to visit. Collections whose members stand inside this one are read at once: their
        own URLs often lead nowhere."""
        if depth + 1 > options.max_depth and parsed.members:
            text = f"Collections below depth {options.max_depth} were left out"
            frontier.limit(self._run, f"{text} (CATALOG['max_depth']).")
            return
        for member in parsed.members:
            if member.embedded is None:
                target = EMBEDDED if member.manifest is not None else ""
                yield Entry(member.id, target=target, depth=depth + 1, collection_id=collection.pk)
                continue
            child = self._stored(member.embedded, collection)
            _list(self._run, self._item.mark, child, member.embedded.members, True)
            yield from self._members(depth + 1, child, member.embedded)
        if parsed.next_page:
            url = parsed.next_page
            yield Entry(url, depth=depth, collection_id=collection.pk, is_page=True)

    def _stored(self, parsed: ParsedCollection, parent: Collection | None) -> Collection:
        uri = identity(parsed.id)
        title = best(parsed.label, options.languages) or parsed.id
        said = {"title": title, "label": parsed.label, "summary": parsed.summary}
        state = State.PUBLISHED if options.publish_harvested else State.DRAFT
        new = {"key": permanent_key("collection", uri), "parent": parent, "state": state}
        collection, created = Collection.objects.select_for_update(of=("self",)).get_or_create(
            uri=uri, defaults={**said, **new, "read_by": self._run.pk}
        )
        if collection.state == State.WITHDRAWN:
            return collection
        returns = collection.state == State.GONE
        differs = any(getattr(collection, name) != value for name, value in said.items())
        if not created:
            for name, value in said.items():
                setattr(collection, name, value)
            # A newer run may have read it meanwhile, and says what is in it.
            collection.read_by = max(collection.read_by or 0, self._run.pk)
            collection.state = state if returns else collection.state
            collection.save(update_fields=[*said, "read_by", "state", "modified_at"])
        if collection.state == State.PUBLISHED and (created or returns):
            self._public.append((Activity.Type.CREATE, collection.key))
        elif collection.state == State.PUBLISHED and differs:
            self._public.append((Activity.Type.UPDATE, collection.key))
        return collection


class Embedded:
    """Manifests as the collections that list them hold them. Those of one document are kept at
    hand: they tend to be asked for one after another."""

    def __init__(self) -> None:
        self._document: tuple[str, datetime] | None = None
        self._manifests: dict[str, ParsedManifest] = {}

    def find(self, item: HarvestItem) -> ParsedManifest | None:
        """The manifest that ``item`` names."""
        pages = Listing.objects.filter(mark=item.mark).values_list("page", flat=True)
        documents = Document.objects.filter(mark__in=[*pages]).values_list("mark", "read_at")
        # The one at hand goes first.
        for document in sorted(documents, key=lambda each: each != self._document):
            if document != self._document:
                self._read(document)
            if item.mark in self._manifests:
                return self._manifests[item.mark]
        return None

    def _read(self, which: tuple[str, datetime]) -> None:
        self._document, self._manifests = which, {}
        document = Document.objects.get(mark=which[0])
        parsed = read(zlib.decompress(document.body), document.url, document.content_type)
        if isinstance(parsed, ParsedCollection):
            for member in _within(parsed):
                if member.manifest is not None:
                    self._manifests.setdefault(identity(member.id), member.manifest)


def _within(parsed: ParsedCollection) -> Iterator[CollectionMember]:
    for member in parsed.members:
        yield member
        if member.embedded is not None:
            yield from _within(member.embedded)


def _list(
    run: HarvestRun,
    page: str,
    collection: Collection,
    members: tuple[CollectionMember, ...],
    changed: bool,
) -> None:
    """Note what a document lists, with places that go on from page to page."""
    mine = Listing.objects.filter(collection=collection)
    # A newer run may have listed what an older one read: then they are not the same.
    if not changed and mine.filter(page=page).count() == len({member.id for member in members}):
        mine.filter(page=page, run_id__lt=run.pk).update(run_id=run.pk)
        return
    start = mine.filter(run_id=run.pk).exclude(page=page).count()
    marks: Iterable[str] = dict.fromkeys(identity(member.id) for member in members)
    with connection.cursor() as cursor:
        for chunk in _batched(marks):
            cursor.execute(_LIST, [collection.pk, page, start, run.pk, chunk])
            start += len(chunk)
    mine.filter(page=page, run_id__lt=run.pk).delete()


# What a newer run saw stays as that one saw it.
_LIST = """
INSERT INTO catalog_listing AS known (collection_id, page, mark, position, run_id)
SELECT c.id, c.page, l.mark, c.start + l.place - 1, c.run_id
FROM (SELECT %s::bigint, %s::text, %s::int, %s::bigint) AS c(id, page, start, run_id),
     unnest(%s::text[]) WITH ORDINALITY AS l(mark, place)
ON CONFLICT (collection_id, mark) DO UPDATE
SET page = excluded.page, position = excluded.position, run_id = excluded.run_id
WHERE known.run_id <= excluded.run_id
"""

_JOIN = """
INSERT INTO catalog_collectionmanifest (collection_id, manifest_id, position)
SELECT DISTINCT ON (l.collection_id, m.id) l.collection_id, m.id, l.position
FROM catalog_listing l
JOIN unnest(%s::text[], %s::bigint[]) AS m(mark, id) ON m.mark = l.mark
ORDER BY l.collection_id, m.id, l.position
ON CONFLICT (collection_id, manifest_id) DO UPDATE SET position = excluded.position
WHERE catalog_collectionmanifest.position <> excluded.position
"""


def join(marks: dict[str, int]) -> None:
    """Put manifests (by the mark of the URL that led to them) into the collections that list
    them."""
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, [list(marks), list(marks.values())])


# What a listed URL leads to: as this run found; where it could not be had, as was known before.
_LEAVE = """
WITH listed AS MATERIALIZED (
    SELECT l.collection_id, l.mark, i.manifest_id, i.url, coalesce(i.outcome, 'failed') AS outcome
    FROM catalog_listing l
    LEFT JOIN catalog_harvestitem i ON i.run_id = %(run)s AND i.mark = l.mark
    WHERE l.collection_id = ANY(%(ids)s)
), missed AS MATERIALIZED (
    SELECT * FROM listed WHERE manifest_id IS NULL AND outcome IN ('failed', 'skipped')
), kept AS (
    SELECT collection_id, manifest_id FROM listed WHERE manifest_id IS NOT NULL
    UNION
    SELECT s.collection_id, m.id FROM missed s JOIN catalog_manifest m ON m.uri = s.mark
    UNION
    SELECT s.collection_id, m.id FROM missed s JOIN catalog_manifest m ON m.url = s.url
    UNION
    SELECT s.collection_id, i.manifest_id FROM missed s
    JOIN catalog_harvestitem i ON i.run_id = ANY(%(before)s) AND i.mark = s.mark
    WHERE i.manifest_id IS NOT NULL
)
DELETE FROM catalog_collectionmanifest cm
USING catalog_collection c, catalog_manifest m
WHERE c.id = cm.collection_id AND c.id = ANY(%(ids)s) AND c.read_by = %(run)s
  AND m.id = cm.manifest_id AND m.state <> 'withdrawn'
  AND NOT EXISTS (
      SELECT 1 FROM kept k
      WHERE k.collection_id = cm.collection_id AND k.manifest_id = cm.manifest_id)
"""


def leave(run: HarvestRun) -> None:
    """Members that their collection no longer lists leave it: where every page of it, and every
    collection within it, could be read. What is listed and cannot be reached stays."""
    if HarvestRun.objects.filter(pk=run.pk).exclude(message="").exists():
        return  # a limit bit: nobody knows what was left out
    failed = run.items.filter(outcome=HarvestItem.Outcome.FAILED)
    harvested = Collection.objects.filter(uri=OuterRef("mark"))
    documents = failed.filter(Q(is_page=True) | Exists(harvested))
    incomplete = documents.exclude(collection=None).values_list("collection", flat=True)
    read = Collection.objects.filter(read_by=run.pk).exclude(uri="").exclude(pk__in=[*incomplete])
    ids = list(read.values_list("pk", flat=True))
    Listing.objects.filter(collection__in=ids, run_id__lt=run.pk).delete()
    before = HarvestRun.objects.filter(source=run.source_id, pk__lt=run.pk)
    values: dict[str, Any] = {"run": run.pk, "ids": ids}
    values["before"] = list(before.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, values)


def describe(run: HarvestRun, kind: str, label: str) -> None:
    """What the source turned out to be."""
    source = run.source
    if (source.kind, source.label) != (kind, label[:500]):
        source.kind, source.label = kind, label[:500]
        source.save(update_fields=["kind", "label"])
