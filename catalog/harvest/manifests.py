"""Bringing a manifest up to date with what its URL answered."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace

from django.db import OperationalError, transaction
from django.db.models import Count
from django.utils import timezone

from catalog import activities
from catalog.conf import options
from catalog.harvest import documents, frontier, members
from catalog.harvest.annotations import Annotated, annotated
from catalog.harvest.documents import Answer
from catalog.harvest.upsert import Stored, WithdrawnHere, store
from catalog.iiif.types import ParsedManifest, ReadingWarning
from catalog.models import (
    Activity,
    HarvestItem,
    HarvestRun,
    Manifest,
    ManifestCanvas,
    State,
    identity,
)
from catalog.signals import canvases_changed

log = logging.getLogger(__name__)
Outcome = HarvestItem.Outcome

WITHDRAWN = "It was withdrawn here."
#: SQLSTATEs that mean: another transaction was in the way, the same one may pass now.
_IN_THE_WAY = {"40001", "40P01"}
STORE_TRIES = 3
#: The code of the warning that a manifest was taken from its collection.
COPY = "manifest-from-collection"


def bring_up_to_date(
    run: HarvestRun,
    item: HarvestItem,
    parsed: ParsedManifest,
    answer: Answer,
    known: Manifest | None,
    *,
    patient: bool = False,
) -> Stored | Manifest | None:
    """Store ``parsed`` and settle ``item``, and return what was stored; or return the manifest
    that is as it was, for `unchanged`; or None where it was withdrawn here. ``patient``: rather
    raises FetchError than do without a page of annotations that cannot be had for now."""
    uri = identity(parsed.id)
    if known is None or known.uri != uri:
        known = Manifest.objects.filter(uri=uri).defer("raw").first()
    if known is not None and known.state == State.WITHDRAWN:
        frontier.settle(item, Outcome.SKIPPED, reason=WITHDRAWN, manifest=known)
        return None
    whole = annotated(parsed, full=run.full, patient=patient)
    fetched = answer.fetched
    if fetched.unchanged and known is not None:
        digest, etag, modified = Manifest.objects.values_list(
            "content_hash", "etag", "last_modified"
        ).get(pk=known.pk)
    else:
        digest = hashlib.sha256(answer.body).hexdigest()
        etag, modified = map(documents.validator, (fetched.etag, fetched.last_modified))
    if not whole.complete:
        # It is read anew by the next harvest, whatever the server says of it.
        digest = etag = modified = ""
    as_it_was = known is not None and digest and known.content_hash == digest
    if known is not None and as_it_was and not whole.changed and not run.full:
        # Unless a withdrawal came in between: then it is stored anew, without what was withdrawn.
        same = Manifest.objects.filter(pk=known.pk, content_hash=digest)
        if same.exclude(state=State.WITHDRAWN).update(
            url=item.url,
            etag=etag,
            last_modified=modified,
            read_at=known.read_at if fetched.unchanged else timezone.now(),
        ):
            return known
        if fetched.unchanged:  # and read anew next time: what we read now was our own copy
            digest = etag = modified = ""
    return _store_patiently(run, item, whole, digest, etag, modified)


def from_collection(
    run: HarvestRun, item: HarvestItem, parsed: ParsedManifest, reason: str
) -> Stored | Manifest | None:
    """The same for a manifest as the collection that lists it holds it: its own URL leads
    nowhere."""
    known = Manifest.objects.filter(uri=identity(parsed.id)).defer("raw").first()
    text = f"Taken from its collection, since its own URL cannot be had: {reason}"
    warning = ReadingWarning(COPY, text)
    whole = annotated(replace(parsed, warnings=(*parsed.warnings, warning)), full=run.full)
    # Not the hash of the same JSON from its own URL, whose word is the better one.
    text = "in its collection: " + json.dumps(parsed.raw, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest() if whole.complete else ""
    as_it_was = known is not None and digest and known.content_hash == digest
    if known is not None and as_it_was and not whole.changed and not run.full:
        same = Manifest.objects.filter(pk=known.pk, content_hash=digest)
        if same.exclude(state=State.WITHDRAWN).update(url=item.url, read_at=timezone.now()):
            return known
    return _store_patiently(run, item, whole, digest, "", "")


def _store_patiently(
    run: HarvestRun, item: HarvestItem, whole: Annotated, digest: str, etag: str, modified: str
) -> Stored | None:
    """`_store`, again where another transaction was in the way."""
    for attempt in range(1, STORE_TRIES + 1):
        try:
            return _store(run, item, whole, digest=digest, etag=etag, modified=modified)
        except WithdrawnHere as error:
            frontier.settle(item, Outcome.SKIPPED, reason=WITHDRAWN, manifest=error.manifest)
            return None
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in _IN_THE_WAY or attempt == STORE_TRIES:
                raise
            log.info("Storing %s again: %s", item.url, error)
    raise AssertionError("the loop above returns or raises")


@transaction.atomic
def _store(
    run: HarvestRun, item: HarvestItem, whole: Annotated, *, digest: str, etag: str, modified: str
) -> Stored:
    stored = store(
        whole.manifest,
        url=item.url,
        source=run.source,
        run=run,
        content_hash=digest,
        annotation_pages=len(whole.pages),
        etag=etag,
        last_modified=modified,
        complete=whole.complete,
    )
    manifest = stored.manifest
    if stored.changed:
        canvases_changed.send(sender=Manifest, canvas_ids=stored.changed)
    documents.remember(whole.pages)
    members.join({item.mark: manifest.pk})
    frontier.settle(
        item,
        Outcome.CREATED if stored.created else Outcome.UPDATED,
        reason="" if whole.manifest.canvases else "The manifest holds no canvases.",
        warnings=stored.warnings,
        canvases=len(whole.manifest.canvases),
        manifest=manifest,
    )
    if item.depth == 0:
        members.describe(run, "manifest", manifest.title)
    if manifest.state == State.PUBLISHED:
        new = stored.created or stored.returned
        kind = Activity.Type.CREATE if new else Activity.Type.UPDATE
        activities.record(kind, Activity.Kind.MANIFEST, manifest.key)
    return stored


@transaction.atomic
def unchanged(run: HarvestRun, found: Sequence[tuple[HarvestItem, Manifest]]) -> None:
    """Settle the URLs whose manifests are as they were. What was gone is there again."""
    given = {manifest.pk for _, manifest in found}
    rows = Manifest.objects.filter(pk__in=given).order_by("pk").select_for_update(of=("self",))
    states = dict(rows.values_list("pk", "state"))  # as they are now, and stay until the end
    for item, manifest in found:
        if states[manifest.pk] == State.WITHDRAWN:
            frontier.settle(item, Outcome.SKIPPED, reason=WITHDRAWN, manifest=manifest)
    found = [each for each in found if states[each[1].pk] != State.WITHDRAWN]
    if not found:
        return
    ids = sorted({manifest.pk for _, manifest in found})
    Manifest.objects.filter(pk__in=ids).update(harvested_at=timezone.now(), missing_since=None)
    members.join({item.mark: manifest.pk for item, manifest in found})
    counts = dict(
        ManifestCanvas.objects.filter(manifest__in=ids)
        .values_list("manifest")
        .annotate(Count("pk"))
        .order_by()
    )
    frontier.note([(item, m.pk, counts.get(m.pk, 0)) for item, m in found])
    of_canvases = sum(counts.get(manifest.pk, 0) for _, manifest in found)
    items = [item for item, _ in found]
    frontier.settle_all(items, Outcome.UNCHANGED, of_canvases=of_canvases, reason="")
    for item, manifest in found:
        if item.depth == 0:
            members.describe(run, "manifest", manifest.title)
    returned = [pk for pk in ids if states[pk] == State.GONE]
    if returned:
        state = State.PUBLISHED if options.publish_harvested else State.DRAFT
        gone = Manifest.objects.filter(pk__in=returned)
        gone.update(state=state, state_reason="")
        if state == State.PUBLISHED:
            keys = gone.order_by("pk").values_list("key", flat=True)
            activities.record(Activity.Type.CREATE, Activity.Kind.MANIFEST, *keys)
