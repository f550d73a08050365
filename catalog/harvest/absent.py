"""Manifests that their source has no more: noticed, told, and after a while no longer public.

Nothing is deleted: pictures, vectors and what curators added stay, and are public again when the
source brings the manifest back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeGuard

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from catalog import activities
from catalog.conf import options
from catalog.harvest import frontier, streams
from catalog.http import StatusError
from catalog.models import (
    Activity,
    Collection,
    HarvestItem,
    HarvestRun,
    Manifest,
    State,
    identity,
)

_NOT_THERE = {404, 410}
Outcome = HarvestItem.Outcome


def not_there(error: Exception) -> TypeGuard[StatusError]:
    """The server says that there is no such thing, which is more than being out of order."""
    return isinstance(error, StatusError) and error.status in _NOT_THERE


def noticed(manifest: Manifest, error: Exception) -> None:
    """A known manifest could not be had. Only "not there" counts, and only after the grace
    period: a server that refuses us or is down says nothing of what it holds."""
    if not not_there(error):
        return
    now = timezone.now()
    since = manifest.missing_since
    if since is None:
        Manifest.objects.filter(pk=manifest.pk).update(missing_since=now)
    elif now - since > timedelta(days=options.grace_days):
        gone(manifest, f"The source answers {error.status} since {date_format(since, 'Y-m-d')}.")


def told(run: HarvestRun, item: HarvestItem) -> None:
    """A stream says that something was deleted, or taken out of the stream."""
    manifest = streams.named(item.url)
    if manifest is None and item.target == "delete" and _collection_gone(item):
        return
    if manifest is None or manifest.state in (State.WITHDRAWN, State.GONE):
        frontier.settle(item, Outcome.SKIPPED, reason="It is not here.", manifest=manifest)
        return
    if item.target == "remove" and manifest.source_id != run.source_id:
        reason = "It left the stream; it came from another source, and stays."
        frontier.settle(item, Outcome.SKIPPED, reason=reason, manifest=manifest)
        return
    word = "was deleted" if item.target == "delete" else "left the stream"
    reason = f"The stream {run.source.url} says that it {word}."
    with transaction.atomic():
        frontier.settle(item, Outcome.UPDATED, reason=reason, manifest=manifest)
        gone(manifest, reason)


@transaction.atomic
def _collection_gone(item: HarvestItem) -> bool:
    """Where it is a collection that was deleted: what it listed stays."""
    public = Collection.objects.filter(uri=identity(item.url), state=State.PUBLISHED)
    key = public.values_list("key", flat=True).first()
    if key is None or not public.update(state=State.GONE):
        return False
    frontier.settle(item, Outcome.UPDATED, reason="The stream says that it was deleted.")
    activities.record(Activity.Type.DELETE, Activity.Kind.COLLECTION, key)
    return True


@transaction.atomic
def gone(manifest: Manifest, reason: str) -> None:
    """It is no longer public. What was withdrawn meanwhile stays so."""
    # A draft is not public, and stays what a curator made it.
    public = Manifest.objects.filter(pk=manifest.pk, state=State.PUBLISHED)
    if public.update(state=State.GONE, state_reason=reason):
        activities.record(Activity.Type.DELETE, Activity.Kind.MANIFEST, manifest.key)
