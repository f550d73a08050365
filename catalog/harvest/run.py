"""Harvest a source: fetch, read, store, one manifest at a time, and record what became of each.

``request`` makes a run and queues it; ``perform`` does the work, in a worker or at once. A run
never raises for what the outside world does: the reason stands on the run and its items.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from catalog.conf import options
from catalog.harvest.upsert import identity, store
from catalog.http import ACCEPT_IIIF, Fetched, FetchError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.language import best
from catalog.iiif.reader import read, read_annotation_page
from catalog.iiif.types import ParsedAnnotation, ParsedCollection, ParsedManifest, ReadingWarning
from catalog.models import (
    Collection,
    CollectionManifest,
    HarvestItem,
    HarvestRun,
    Manifest,
    Source,
    State,
    permanent_key,
)
from catalog.signals import canvases_changed

log = logging.getLogger(__name__)
Outcome = HarvestItem.Outcome


class BadSource(ValueError):
    """The text is not a URL that can be harvested; the message says why."""


def request(url: str, *, user: Any = None, queue: bool = True) -> HarvestRun:
    """Note that ``url`` is to be harvested, and queue the job. Raises BadSource."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadSource(f"{url!r} is not a URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url:
        raise BadSource(f"{url!r} is not a URL. Paste the address of a manifest or a collection.")
    if len(url) > 2000:
        raise BadSource("The URL is longer than 2000 characters.")
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(url=url, defaults={"added_by": user})
        if queue:
            waiting = source.runs.filter(state=HarvestRun.State.QUEUED).first()
            if waiting is not None:  # a second click asks for nothing that will not happen anyway
                return waiting
        run = HarvestRun.objects.create(source=source, requested_by=user)
        if queue:
            from catalog.tasks import harvest  # the tasks module imports this one

            transaction.on_commit(lambda: harvest.defer(run_id=run.pk))
    return run


def perform(run: HarvestRun) -> HarvestRun:
    """Do what ``run`` asks for, and return it with its counts.

    A run that a killed worker left behind begins anew; what it had stored is then unchanged.
    """
    run.items.all().delete()
    for name in ("found", "canvases", *Outcome.values):
        setattr(run, name, 0)
    run.state, run.started_at, run.message = HarvestRun.State.RUNNING, timezone.now(), ""
    run.save()
    walk = _Walk(run)
    try:
        walk.go()
    except Exception as error:
        run.state = HarvestRun.State.FAILED
        run.message = f"{type(error).__name__}: {error}"
        log.exception("The harvest of %s broke off", run.source.url)
        raise
    else:
        nothing = run.found and run.failed == run.found
        run.state = HarvestRun.State.FAILED if nothing else HarvestRun.State.DONE
        run.message = " ".join([*run.message.splitlines(), *walk.limits])
    finally:
        run.finished_at = timezone.now()
        run.save()
    return run


@dataclass(frozen=True)
class _Visit:
    url: str
    depth: int = 0
    collection: Collection | None = None
    position: int = 0


class _Walk:
    """From the source's URL through collections to every manifest, each URL once."""

    def __init__(self, run: HarvestRun) -> None:
        self.run = run
        self.limits: list[str] = []
        self._queue: deque[_Visit] = deque([_Visit(run.source.url)])
        self._seen: set[str] = {identity(run.source.url)}

    def go(self) -> None:
        while self._queue:
            visit = self._queue.popleft()
            try:
                self._visit(visit)
            except (FetchError, IIIFError) as error:
                self._record(visit.url, Outcome.FAILED, str(error))
                log.warning("Not harvested: %s", error)
                if visit.depth == 0:
                    self.run.message = str(error)

    def _visit(self, visit: _Visit) -> None:
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

    def _manifest(self, visit: _Visit, parsed: ParsedManifest, answer: Fetched) -> None:
        if visit.depth == 0:
            self._describe_source(Source.Kind.MANIFEST, best(parsed.label, options.languages))
        known = Manifest.objects.filter(uri=identity(parsed.id)).first()
        if known is not None and known.state == State.WITHDRAWN:
            self._record(visit.url, Outcome.SKIPPED, "It was withdrawn here.")
            return
        parsed, pages, complete = _with_referenced_annotations(parsed)
        digest = hashlib.sha256(answer.body)
        for page in pages:
            digest.update(page)
        # What is incomplete is read anew by the next harvest, whatever the server says of it.
        content_hash = digest.hexdigest() if complete else ""
        if known is not None and content_hash and known.content_hash == content_hash:
            Manifest.objects.filter(pk=known.pk).update(
                url=visit.url, etag=answer.etag, last_modified=answer.last_modified
            )
            self._unchanged(visit, known)
            return
        stored = store(
            parsed,
            url=visit.url,
            source=self.run.source,
            content_hash=content_hash,
            # Pages may change under an unchanged manifest.
            etag=answer.etag if complete and not pages else "",
            last_modified=answer.last_modified if complete and not pages else "",
            complete=complete,
        )
        self._join_collection(visit, stored.manifest)
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
        self._join_collection(visit, manifest)
        count = manifest.appearances.count()
        self._record(visit.url, Outcome.UNCHANGED, canvases=count)

    def _collection(self, visit: _Visit, parsed: ParsedCollection) -> None:
        title = best(parsed.label, options.languages) or parsed.id
        if visit.depth == 0:
            self._describe_source(Source.Kind.COLLECTION, title)
        uri = identity(parsed.id)
        collection, _ = Collection.objects.update_or_create(
            uri=uri,
            defaults={"title": title, "label": parsed.label, "summary": parsed.summary},
            create_defaults={
                "title": title,
                "label": parsed.label,
                "summary": parsed.summary,
                "key": permanent_key("collection", uri),
                "parent": visit.collection,
                "state": State.PUBLISHED if options.publish_harvested else State.DRAFT,
            },
        )
        if visit.depth + 1 > options.max_depth and parsed.members:
            self._limit(f"Collections below depth {options.max_depth} were left out (max_depth).")
            return
        for position, member in enumerate(parsed.members):
            self._enqueue(_Visit(member.id, visit.depth + 1, collection, position))
        if parsed.next_page:
            self._enqueue(replace(visit, url=parsed.next_page))

    def _enqueue(self, visit: _Visit) -> None:
        mark = identity(visit.url)
        if mark in self._seen:
            return
        if len(self._seen) > options.max_manifests:
            self._limit(
                f"More than {options.max_manifests} URLs: the rest were left out "
                "(CATALOG['max_manifests'])."
            )
            return
        self._seen.add(mark)
        self._queue.append(visit)

    def _limit(self, text: str) -> None:
        if text not in self.limits:
            self.limits.append(text)

    def _join_collection(self, visit: _Visit, manifest: Manifest) -> None:
        if visit.collection is not None:
            CollectionManifest.objects.update_or_create(
                collection=visit.collection,
                manifest=manifest,
                defaults={"position": visit.position},
            )

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
            reason=reason,
            warnings=list(warnings),
            canvases=canvases,
        )
        run.found += 1
        run.canvases += canvases
        setattr(run, outcome.value, getattr(run, outcome.value) + 1)
        run.save(update_fields=["found", "canvases", outcome.value])


def _with_referenced_annotations(
    parsed: ParsedManifest,
) -> tuple[ParsedManifest, list[bytes], bool]:
    """Fetch the annotation pages that the manifest refers to and put them in their places.

    Returns the manifest, the bytes of the pages, and whether all of them could be had; one that
    could not is a warning.
    """
    budget = options.max_annotation_pages
    complete = True
    pages: list[bytes] = []
    warnings: list[ReadingWarning] = []
    # Regions in percent are of a canvas's size, which the page does not know.
    sizes = {c.id: (c.width, c.height) for c in parsed.canvases if c.width and c.height}

    def annotations_of(refs: tuple[str, ...], path: str) -> list[ParsedAnnotation]:
        nonlocal budget, complete
        found: list[ParsedAnnotation] = []
        todo, seen = list(refs), set(refs)
        while todo:
            url = todo.pop(0)
            if budget <= 0:
                text = f"Only {options.max_annotation_pages} annotation pages are fetched for one "
                text += f"manifest (CATALOG['max_annotation_pages']); {url} was left out."
                warnings.append(ReadingWarning("annotation-page-left-out", text, path))
                break
            budget -= 1
            try:
                answer = fetch(url, max_bytes=options.max_json_bytes, accept=ACCEPT_IIIF)
                page = read_annotation_page(answer.body, answer.url, sizes=sizes)
            except (FetchError, IIIFError) as error:
                complete = False
                warnings.append(ReadingWarning("annotation-page-unreadable", str(error), path))
                continue
            pages.append(answer.body)
            warnings.extend(page.warnings)
            found.extend(page.annotations)
            if page.next_page and page.next_page not in seen:
                seen.add(page.next_page)
                todo.append(page.next_page)
        return found

    canvases = tuple(
        replace(
            canvas,
            annotations=(
                *canvas.annotations,
                *annotations_of(canvas.annotation_refs, f"canvases[{canvas.position}]"),
            ),
        )
        if canvas.annotation_refs
        else canvas
        for canvas in parsed.canvases
    )
    of_manifest = annotations_of(parsed.annotation_refs, "annotations")
    joined = replace(
        parsed,
        canvases=canvases,
        annotations=(*parsed.annotations, *of_manifest),
        warnings=(*parsed.warnings, *warnings),
    )
    return joined, pages, complete
