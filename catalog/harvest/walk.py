"""From a source's URL through collections to every manifest, each URL once.

What happens to one URL never keeps another from its turn: whatever goes wrong is recorded with
its reason. Only the loss of the database ends a walk.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from catalog.conf import options
from catalog.harvest.annotations import with_referenced_annotations
from catalog.harvest.upsert import Stored, store
from catalog.http import ACCEPT_IIIF, Fetched, FetchError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.language import best
from catalog.iiif.reader import read
from catalog.iiif.types import ParsedCollection, ParsedManifest
from catalog.models import (
    LONGEST_URI,
    Collection,
    CollectionManifest,
    HarvestItem,
    HarvestRun,
    Manifest,
    Source,
    State,
    identity,
    permanent_key,
)
from catalog.signals import canvases_changed

log = logging.getLogger(__name__)
Outcome = HarvestItem.Outcome

#: SQLSTATEs that mean: another transaction was in the way, the same one may pass now.
_IN_THE_WAY = {"40001", "40P01"}
STORE_TRIES = 3


@dataclass(frozen=True)
class _Visit:
    """A URL to go to. ``parent``: the collection that lists it. ``page_of``: the collection that
    this is a further page of."""

    url: str
    depth: int = 0
    parent: Collection | None = None
    page_of: Collection | None = None


class Walk:
    """One walk for one run. ``limits``: those that bit, in words."""

    def __init__(self, run: HarvestRun) -> None:
        self.run = run
        self.limits: list[str] = []
        self._queue: deque[_Visit] = deque([_Visit(run.source.url)])
        self._seen: set[str] = {identity(run.source.url)}
        #: Identity of a member's URL -> the collections that list it, with the place in each.
        self._listed: defaultdict[str, list[tuple[Collection, int]]] = defaultdict(list)
        self._reached: dict[str, Manifest] = {}
        self._collections: set[Collection] = set()
        self._complete = True

    def go(self) -> None:
        while self._queue:
            visit = self._queue.popleft()
            try:
                self._visit(visit)
            except (FetchError, IIIFError) as error:
                self._fail(visit, str(error))
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                log.exception("Not harvested: %s", visit.url)
                self._fail(visit, f"{visit.url}: {type(error).__name__}: {error}")
        self._leave_collections()

    def _fail(self, visit: _Visit, reason: str) -> None:
        log.warning("Not harvested: %s", reason)
        self._complete = False
        self._record(visit.url, Outcome.FAILED, reason)
        if visit.depth == 0:
            self.run.message = reason

    def _visit(self, visit: _Visit) -> None:
        if len(visit.url.encode()) > LONGEST_URI:
            raise IIIFError(f"The URL is longer than {LONGEST_URI} bytes.", url=visit.url[:200])
        known = Manifest.objects.filter(url=visit.url).order_by("-harvested_at").first()
        if known is not None and known.state == State.WITHDRAWN:
            self._record(visit.url, Outcome.SKIPPED, "It was withdrawn here.")
            return
        answer = fetch(
            visit.url,
            max_bytes=options.max_json_bytes,
            accept=ACCEPT_IIIF,
            etag=known.etag if known else "",
            last_modified=known.last_modified if known else "",
        )
        if answer.unchanged and known is not None:
            self._unchanged(visit, known)
            return
        parsed = read(answer.body, answer.url, answer.content_type)
        if isinstance(parsed, ParsedCollection):
            self._collection(visit, parsed)
        else:
            self._manifest(visit, parsed, answer)

    # -- manifests -----------------------------------------------------------------------------

    def _manifest(self, visit: _Visit, parsed: ParsedManifest, answer: Fetched) -> None:
        known = Manifest.objects.filter(uri=identity(parsed.id)).first()
        if known is not None and known.state == State.WITHDRAWN:
            self._record(visit.url, Outcome.SKIPPED, "It was withdrawn here.")
            return
        parsed, pages, complete = with_referenced_annotations(parsed)
        digest = hashlib.sha256(answer.body)
        for page in pages:
            digest.update(page)
        # What is incomplete is read anew by the next harvest, whatever the server says of it;
        # and pages may change under an unchanged manifest.
        content_hash = digest.hexdigest() if complete else ""
        etag = answer.etag if complete and not pages and answer.etag.isascii() else ""
        modified = answer.last_modified if complete and not pages else ""
        if known is not None and content_hash and known.content_hash == content_hash:
            known.url, known.etag, known.last_modified = visit.url, etag, modified
            known.save(update_fields=["url", "etag", "last_modified"])
            self._unchanged(visit, known)
            return
        stored = _store_patiently(
            parsed,
            url=visit.url,
            source=self.run.source,
            content_hash=content_hash,
            etag=etag,
            last_modified=modified,
            complete=complete,
        )
        self._reach(visit, stored.manifest)
        self._record(
            visit.url,
            Outcome.CREATED if stored.created else Outcome.UPDATED,
            "" if parsed.canvases else "The manifest holds no canvases.",
            warnings=stored.warnings,
            canvases=len(parsed.canvases),
        )
        canvases_changed.send(sender=Manifest, canvas_ids=stored.changed)

    def _unchanged(self, visit: _Visit, manifest: Manifest) -> None:
        Manifest.objects.filter(pk=manifest.pk).update(harvested_at=timezone.now())
        self._reach(visit, manifest)
        self._record(visit.url, Outcome.UNCHANGED, canvases=manifest.appearances.count())

    def _reach(self, visit: _Visit, manifest: Manifest) -> None:
        """Note that ``visit`` led to ``manifest``, which joins the collections that list it."""
        if visit.depth == 0:
            self._describe_source(Source.Kind.MANIFEST, manifest.title)
        mark = identity(visit.url)
        self._reached[mark] = manifest
        for collection, position in self._listed[mark]:
            _join(collection, manifest, position)

    # -- collections ---------------------------------------------------------------------------

    def _collection(self, visit: _Visit, parsed: ParsedCollection) -> None:
        collection = visit.page_of or self._stored_collection(visit, parsed)
        self._collections.add(collection)
        if visit.depth + 1 > options.max_depth and parsed.members:
            self._limit(f"Collections below depth {options.max_depth} were left out (max_depth).")
            return
        start = sum(collection == c for listed in self._listed.values() for c, _ in listed)
        for position, member in enumerate(parsed.members, start):
            self._listed[identity(member.id)].append((collection, position))
            self._enqueue(_Visit(member.id, visit.depth + 1, collection), position)
        if parsed.next_page:
            self._enqueue(replace(visit, url=parsed.next_page, page_of=collection))

    def _stored_collection(self, visit: _Visit, parsed: ParsedCollection) -> Collection:
        title = best(parsed.label, options.languages) or parsed.id
        if visit.depth == 0:
            self._describe_source(Source.Kind.COLLECTION, title)
        uri = identity(parsed.id)
        described = {"title": title, "label": parsed.label, "summary": parsed.summary}
        collection, _ = Collection.objects.update_or_create(
            uri=uri,
            defaults=described,
            create_defaults={
                **described,
                "key": permanent_key("collection", uri),
                "parent": visit.parent,
                "state": State.PUBLISHED if options.publish_harvested else State.DRAFT,
            },
        )
        return collection

    def _enqueue(self, visit: _Visit, position: int = 0) -> None:
        mark = identity(visit.url)
        if mark in self._seen:
            manifest = self._reached.get(mark)
            if manifest is not None and visit.parent is not None:
                _join(visit.parent, manifest, position)
            return
        if len(self._seen) > options.max_manifests:
            self._limit(
                f"More than {options.max_manifests} URLs: the rest were left out "
                "(CATALOG['max_manifests'])."
            )
            return
        self._seen.add(mark)
        self._queue.append(visit)

    def _leave_collections(self) -> None:
        """Members that their collection no longer lists leave it; only after a walk that missed
        nothing, for what cannot be reached today may still be a member."""
        if not self._complete or self.limits:
            return
        for collection in self._collections:
            listed = {
                self._reached[mark].pk
                for mark, places in self._listed.items()
                if mark in self._reached and any(c == collection for c, _ in places)
            }
            gone = CollectionManifest.objects.filter(collection=collection)
            gone.exclude(manifest__in=listed).exclude(manifest__state=State.WITHDRAWN).delete()

    # -- the record ----------------------------------------------------------------------------

    def _limit(self, text: str) -> None:
        if text not in self.limits:
            self.limits.append(text)

    def _describe_source(self, kind: str, label: str) -> None:
        source = self.run.source
        source.kind, source.label = kind, label[:500]
        source.save(update_fields=["kind", "label"])

    def _record(
        self,
        url: str,
        outcome: HarvestItem.Outcome,
        reason: str = "",
        *,
        warnings: Iterable[dict[str, str]] = (),
        canvases: int = 0,
    ) -> None:
        run = self.run
        HarvestItem.objects.create(
            run=run,
            url=url,
            outcome=outcome,
            reason=reason.replace("\0", ""),
            warnings=list(warnings),
            canvases=canvases,
        )
        run.found += 1
        run.canvases += canvases
        setattr(run, outcome.value, getattr(run, outcome.value) + 1)
        run.save(update_fields=["found", "canvases", outcome.value])


def _join(collection: Collection, manifest: Manifest, position: int) -> None:
    CollectionManifest.objects.update_or_create(
        collection=collection, manifest=manifest, defaults={"position": position}
    )


def _store_patiently(parsed: ParsedManifest, **more: object) -> Stored:
    """`store`, again where another transaction was in the way."""
    for attempt in range(1, STORE_TRIES + 1):
        try:
            return store(parsed, **more)  # type: ignore[arg-type]
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in _IN_THE_WAY or attempt == STORE_TRIES:
                raise
            log.info("Storing %s again: %s", parsed.id, error)
    raise AssertionError("the loop above returns or raises")
