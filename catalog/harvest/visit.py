"""Visiting the URLs of a run: ask, read, store, record.

What happens to one URL never keeps another from its turn: whatever goes wrong is recorded with its
reason. Only the loss of the database ends the work. Several URLs are asked for at a time (each
host as politely as `catalog.hosts` allows); they are read and stored one after another.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import timezone

from catalog.conf import options
from catalog.harvest import absent, documents, failures, frontier, manifests, members, streams
from catalog.harvest.documents import Answer
from catalog.harvest.upsert import Stored
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
#: URLs that are asked for at a time, and how many of one host: a slow one does not take all
#: places. How many a host bears, `catalog.hosts` says.
THREADS = 16
OF_A_HOST = 4
#: Manifests that are as they were are settled so many at a time.
AT_ONCE = 32
#: What went wrong in an unheard-of way is tried again after this.
LATER = timedelta(minutes=5)


@dataclass
class Tally:
    """What was done: whether any canvas changed, and hosts whose pictures wait."""

    changed: bool = False
    hosts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Asked:
    """A URL that is being visited, with what was known of it. ``answer`` is None where nothing is
    asked."""

    item: HarvestItem
    manifest: Manifest | None = None
    document: Document | None = None
    answer: Future[Answer] | None = None


class Visitor:
    """Visits the URLs of ``run``. ``patient``: what fails for now is tried again later, by
    whoever works on the run then; otherwise it has failed."""

    def __init__(self, run: HarvestRun, *, patient: bool) -> None:
        self.run = run
        self._patient = patient
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="harvest")
        self._under_way: dict[int, _Asked] = {}
        self._unchanged: list[tuple[HarvestItem, Manifest]] = []
        self._embedded = members.Embedded()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def visit_some(self) -> Tally | None:
        """Ask for what is due, and deal with what has been answered; None where nothing is due
        and nothing under way. What came of it is settled by the next call, or by `settle`."""
        self._ask_more()
        if not self._under_way:
            return None
        asked = [each.answer for each in self._under_way.values() if each.answer is not None]
        if len(asked) == len(self._under_way):
            wait(asked, timeout=1.0, return_when=FIRST_COMPLETED)
        tally = Tally()
        for pk, each in sorted(self._under_way.items()):
            if each.answer is None or each.answer.done():
                del self._under_way[pk]
                self._try(each, tally)
        if len(self._unchanged) >= AT_ONCE:
            self.settle()
        return tally

    def settle(self) -> None:
        """Record the manifests that are as they were, all at once: a harvest of what is unchanged
        does little else."""
        found, self._unchanged = self._unchanged, []
        if not found:
            return
        try:
            manifests.unchanged(self.run, found)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("Settled one by one")
            for each in found:
                self._guarded(each[0], partial(manifests.unchanged, self.run, [each]))

    def _ask_more(self) -> None:
        places = Counter(each.item.host for each in self._under_way.values())
        if places and min(places.values()) > OF_A_HOST // 2:
            return  # enough to wait for: the database is not asked after every answer
        settling = [item.pk for item, _ in self._unchanged]
        items: list[HarvestItem] = []
        for item in frontier.due(self.run, OF_A_HOST, [*self._under_way, *settling]):
            if places[item.host] < OF_A_HOST and len(self._under_way) + len(items) < THREADS:
                places[item.host] += 1
                items.append(item)
        for each in self._look_up(items):
            self._under_way[each.item.pk] = each

    def _look_up(self, items: Sequence[HarvestItem]) -> Iterator[_Asked]:
        reading = [item for item in items if item.task in (Task.READ, Task.READ_DELETED)]
        known = Manifest.objects.filter(url__in=[item.url for item in reading]).defer("raw")
        by_url = {manifest.url: manifest for manifest in known.order_by("harvested_at")}
        seen = documents.by_mark(item.mark for item in reading if item.url not in by_url)
        for item in items:
            manifest, document = by_url.get(item.url), seen.get(item.mark)
            if item not in reading or (manifest and manifest.state == State.WITHDRAWN):
                yield _Asked(item, manifest, document)
            else:
                asked = self._pool.submit(_ask, item.url, manifest, document, self.run.full)
                yield _Asked(item, manifest, document, asked)

    def _try(self, each: _Asked, tally: Tally) -> None:
        item, manifest = each.item, each.manifest
        try:
            self._deal(item, manifest, each.document, each.answer, tally)
        except HostResting as error:
            if self._patient and error.until is not None:
                frontier.rest(item, error.until, failures.reason_of(error))
            else:
                self._guarded(item, partial(self._fail, item, manifest, error, tally))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if not isinstance(error, FetchError | IIIFError):
                log.exception("Not harvested: %s", item.url)
            self._guarded(item, partial(self._fail, item, manifest, error, tally))

    def _guarded(self, item: HarvestItem, settle: Callable[[], object]) -> None:
        """Whatever happens to one URL, the others have their turn."""
        try:
            settle()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("Not settled: %s", item.url)
            frontier.postpone(item, timezone.now() + LATER, failures.reason_of(error))

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
            streams.moved(self.run, item)
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
        # An annotation page that is out of order is waited for, but not for ever.
        patient = self._patient and item.attempts < min(2, options.max_tries - 1)
        outcome = manifests.bring_up_to_date(self.run, item, parsed, answer, known, patient=patient)
        self._note(item, outcome, tally)

    def _note(self, item: HarvestItem, outcome: Stored | Manifest | None, tally: Tally) -> None:
        if isinstance(outcome, Manifest):
            self._unchanged.append((item, outcome))
        elif outcome is not None:
            tally.changed |= bool(outcome.changed)
            tally.hosts |= outcome.hosts

    def _is_copy(self, item: HarvestItem, known: Manifest | None, error: Exception) -> bool:
        """Whether the collection's copy of a manifest is the best there is: not where a server
        that answers badly today gave a manifest of its own before."""
        known = known or Manifest.objects.filter(uri=item.mark).defer("raw").first()
        if known is None or absent.not_there(error):
            return True
        return any(warning.get("code") == manifests.COPY for warning in known.warnings)

    def _fail(
        self, item: HarvestItem, manifest: Manifest | None, error: Exception, tally: Tally
    ) -> None:
        reason = failures.reason_of(error)
        transient = getattr(error, "transient", False)
        if self._patient and transient and item.attempts + 1 < options.max_tries:
            minutes = RETRY_MINUTES[min(item.attempts, len(RETRY_MINUTES) - 1)]
            until = timezone.now() + timedelta(minutes=minutes)
            until = max(until, failures.until_of(error) or until)
            frontier.postpone(item, until, reason)
            return
        if item.target == members.EMBEDDED and self._is_copy(item, manifest, error):
            found = self._embedded.find(item)
            if found is not None:
                self._note(item, manifests.from_collection(self.run, item, found, reason), tally)
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
