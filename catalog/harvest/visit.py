"""Visiting the URLs of a run: ask, read, store, record.

What happens to one URL never keeps another from its turn: whatever goes wrong is recorded with its
reason. Only the loss of the database ends the work. Several URLs are asked for at a time (each
host as politely as `catalog.hosts` allows); they are read and stored one after another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import timezone

from catalog.conf import options
from catalog.harvest import absent, documents, failures, frontier, manifests, members, streams
from catalog.harvest.documents import Answer
from catalog.http import ACCEPT_IIIF, FetchError, HostResting, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.reader import read
from catalog.iiif.types import (
    ParsedActivityPage,
    ParsedCollection,
    ParsedManifest,
    ParsedStream,
)
from catalog.models import Document, HarvestItem, HarvestRun, Manifest, State

log = logging.getLogger(__name__)
Outcome = HarvestItem.Outcome
Task = HarvestItem.Task

#: Minutes after which a URL that could not be had is asked for again.
RETRY_MINUTES = (1, 5, 30, 120)
#: URLs that are asked for at a time. How many of one host, `catalog.hosts` says.
THREADS = 4
BATCH = 16


@dataclass
class Tally:
    """What a batch did: ids of canvases that changed, and hosts whose pictures wait."""

    changed: set[int] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)


class Visitor:
    """Visits the URLs of ``run``. ``patient``: what fails for now is tried again later, by
    whoever works on the run then; otherwise it has failed."""

    def __init__(self, run: HarvestRun, *, patient: bool) -> None:
        self.run = run
        self._patient = patient
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="harvest")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def visit(self, items: Sequence[HarvestItem]) -> Tally:
        """Deal with ``items``, in their order."""
        tally = Tally()
        self._unchanged: list[tuple[HarvestItem, Manifest]] = []
        for item, manifest, document, future in list(self._ask(items)):
            try:
                self._deal(item, manifest, document, future, tally)
            except HostResting as error:
                self._rest(item, error, tally)
            except (FetchError, IIIFError) as error:
                self._fail(item, manifest, error, tally)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                log.exception("Not harvested: %s", item.url)
                self._fail(item, manifest, error, tally)
        self._settle_unchanged()
        return tally

    def _ask(
        self, items: Sequence[HarvestItem]
    ) -> Iterator[tuple[HarvestItem, Manifest | None, Document | None, Future[Answer] | None]]:
        reading = [item for item in items if item.task in (Task.READ, Task.READ_DELETED)]
        known = Manifest.objects.filter(url__in=[item.url for item in reading]).defer("raw")
        manifests = {manifest.url: manifest for manifest in known.order_by("harvested_at")}
        seen = documents.by_mark(i.mark for i in reading if i.url not in manifests)
        for item in items:
            manifest, document = manifests.get(item.url), seen.get(item.mark)
            withdrawn = manifest is not None and manifest.state == State.WITHDRAWN
            if item in reading and not withdrawn:
                asked = self._pool.submit(_ask, item.url, manifest, document, self.run.full)
                yield item, manifest, document, asked
            else:
                yield item, manifest, document, None

    def _deal(
        self,
        item: HarvestItem,
        manifest: Manifest | None,
        document: Document | None,
        asked: Future[Answer] | None,
        tally: Tally,
    ) -> None:
        if item.task == Task.GONE:
            absent.told(self.run, item)
            return
        if item.task == Task.MOVE:
            done = streams.moved(item)
            reason = f"Now at {item.target}." if done else "It is not known here, or known there."
            frontier.settle(item, Outcome.UPDATED if done else Outcome.SKIPPED, reason=reason)
            return
        if asked is None:
            frontier.settle(item, Outcome.SKIPPED, reason=manifests.WITHDRAWN, manifest=manifest)
            return
        answer = asked.result()
        if manifest is not None and answer.fetched.unchanged:
            if not manifest.annotation_pages:
                self._unchanged.append((item, manifest))
                return
            raw = Manifest.objects.values_list("raw", flat=True).get(pk=manifest.pk)
            answer = Answer(answer.fetched, json.dumps(raw).encode(), changed=False)
        parsed = read(answer.body, answer.fetched.url, answer.fetched.content_type)
        if isinstance(parsed, ParsedManifest):
            self._manifest(item, parsed, answer, manifest, tally)
            return
        said = [{"code": w.code, "message": w.message, "path": w.path} for w in parsed.warnings]
        with transaction.atomic():
            if isinstance(parsed, ParsedStream | ParsedActivityPage):
                said += streams.left_out(parsed.activities)
            frontier.dismiss(item, said)
            documents.remember([(item.mark, answer)])
            if isinstance(parsed, ParsedCollection):
                reading = members.Reading(self.run, item)
                reading.store(parsed, changed=answer.changed)
                reading.tell()
            elif isinstance(parsed, ParsedStream):
                streams.read_stream(self.run, item, parsed)
            else:
                streams.read_page(self.run, item, parsed)

    def _manifest(
        self,
        item: HarvestItem,
        parsed: ParsedManifest,
        answer: Answer,
        known: Manifest | None,
        tally: Tally,
    ) -> None:
        outcome = manifests.bring_up_to_date(self.run, item, parsed, answer, known)
        if isinstance(outcome, Manifest):
            self._unchanged.append((item, outcome))
        elif outcome is not None:
            tally.changed |= outcome.changed
            tally.hosts |= outcome.hosts

    def _settle_unchanged(self) -> None:
        """All at once: a harvest of what is as it was does little else."""
        if self._unchanged:
            manifests.unchanged(self.run, self._unchanged)

    # -- what went wrong -----------------------------------------------------------------------

    def _rest(self, item: HarvestItem, error: HostResting, tally: Tally) -> None:
        """Everything of a host that rests waits; it is not asked again by way of each URL."""
        until = error.until
        if not self._patient or until is None:
            self._fail(item, None, error, tally)
        elif item.host:
            frontier.postpone_host(self.run, item.host, until, str(error))
        else:
            frontier.postpone([item], until, str(error), tried=False)

    def _fail(
        self, item: HarvestItem, manifest: Manifest | None, error: Exception, tally: Tally
    ) -> None:
        reason = failures.reason_of(error)
        transient = getattr(error, "transient", False)
        if self._patient and transient and item.attempts + 1 < options.max_tries:
            wait = RETRY_MINUTES[min(item.attempts, len(RETRY_MINUTES) - 1)]
            until = timezone.now() + timedelta(minutes=wait)
            until = max(until, failures.until_of(error) or until)
            frontier.postpone([item], until, reason, tried=True)
            return
        if item.target == members.EMBEDDED and manifest is None:
            found = members.embedded(item)
            if found is not None:
                stored = manifests.from_collection(self.run, item, found, reason)
                if stored is not None:
                    tally.changed |= stored.changed
                    tally.hosts |= stored.hosts
                return
        log.warning("Not harvested: %s", reason)
        if manifest is not None:
            absent.noticed(manifest, error)
        frontier.settle(
            item, Outcome.FAILED, reason=reason, kind=failures.kind_of(error), manifest=manifest
        )
        if item.depth == 0 and not item.is_page:
            frontier.limit(self.run, reason)


def _ask(url: str, manifest: Manifest | None, document: Document | None, full: bool) -> Answer:
    """GET a URL of which something may be known. Runs in a thread."""
    try:
        if manifest is None:
            return documents.ask(url, document, full)
        believe = documents.trusted(manifest.read_at, full)
        fetched = fetch(
            url,
            max_bytes=options.max_json_bytes,
            accept=ACCEPT_IIIF,
            etag=manifest.etag if believe else "",
            last_modified=manifest.last_modified if believe else "",
        )
        return Answer(fetched, fetched.body, not fetched.unchanged)
    finally:
        connections.close_all()  # a connection belongs to its thread
