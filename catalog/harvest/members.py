"""What collections list, and which manifests are in them because of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from django.db import connection

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
        frontier.add(run, [*self._members(item.depth, collection, parsed)])

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
        collection, created = Collection.objects.get_or_create(
            uri=uri, defaults={**said, **new, "read_by": self._run.pk}
        )
        if collection.state == State.WITHDRAWN:
            return collection
        returns = collection.state == State.GONE
        differs = any(getattr(collection, name) != value for name, value in said.items())
        if not created:
            for name, value in said.items():
                setattr(collection, name, value)
            collection.read_by = self._run.pk
            collection.state = state if returns else collection.state
            collection.save(update_fields=[*said, "read_by", "state", "modified_at"])
        if collection.state == State.PUBLISHED and (created or returns):
            self._public.append((Activity.Type.CREATE, collection.key))
        elif collection.state == State.PUBLISHED and differs:
            self._public.append((Activity.Type.UPDATE, collection.key))
        return collection


def embedded(item: HarvestItem) -> ParsedManifest | None:
    """The manifest that ``item`` names, as the collection that lists it holds it."""
    pages = Listing.objects.filter(mark=item.mark).values_list("page", flat=True)
    for document in Document.objects.filter(mark__in=[*pages]):
        parsed = read(zlib.decompress(document.body), document.url, document.content_type)
        if isinstance(parsed, ParsedCollection):
            for member in _within(parsed):
                if member.manifest is not None and identity(member.id) == item.mark:
                    return member.manifest
    return None


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
    if not changed and mine.filter(page=page).exists():
        mine.filter(page=page).update(run_id=run.pk)
        return
    start = mine.filter(run_id=run.pk).exclude(page=page).count()
    rows = {
        identity(member.id): Listing(
            collection=collection,
            page=page,
            mark=identity(member.id),
            position=position,
            run_id=run.pk,
        )
        for position, member in enumerate(members, start)
    }
    mine.filter(page=page).exclude(mark__in=[*rows]).delete()
    Listing.objects.bulk_create(
        rows.values(),
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["collection", "mark"],
        update_fields=["page", "position", "run_id"],
    )


_JOIN = """
INSERT INTO catalog_collectionmanifest (collection_id, manifest_id, position)
SELECT l.collection_id, m.id, l.position
FROM catalog_listing l
JOIN unnest(%s::text[], %s::bigint[]) AS m(mark, id) ON m.mark = l.mark
ORDER BY l.collection_id, m.id
ON CONFLICT (collection_id, manifest_id) DO UPDATE SET position = excluded.position
WHERE catalog_collectionmanifest.position <> excluded.position
"""


def join(marks: dict[str, int]) -> None:
    """Put manifests (by the mark of the URL that led to them) into the collections that list
    them."""
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, [list(marks), list(marks.values())])


_LEAVE = """
DELETE FROM catalog_collectionmanifest cm
USING catalog_collection c, catalog_manifest m
WHERE c.id = cm.collection_id AND c.uri <> '' AND c.read_by = %s
  AND m.id = cm.manifest_id AND m.state <> 'withdrawn'
  AND NOT EXISTS (
      SELECT 1 FROM catalog_listing l
      JOIN catalog_harvestitem i ON i.run_id = %s AND i.mark = l.mark
      WHERE l.collection_id = cm.collection_id AND i.manifest_id = cm.manifest_id)
"""


def leave(run: HarvestRun) -> None:
    """Members that their collection no longer lists leave it. Only after a run that missed
    nothing: what cannot be reached today may still be a member."""
    read = Collection.objects.filter(read_by=run.pk).exclude(uri="")
    Listing.objects.filter(collection__in=read).exclude(run_id=run.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, [run.pk, run.pk])


def describe(run: HarvestRun, kind: str, label: str) -> None:
    """What the source turned out to be."""
    source = run.source
    if (source.kind, source.label) != (kind, label[:500]):
        source.kind, source.label = kind, label[:500]
        source.save(update_fields=["kind", "label"])
