"""Pictures that are wanted: the canvases whose pixels are to be fetched, or fetched anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from catalog import kept
from catalog.harvest.failures import host_of
from catalog.models import Canvas, CanvasImage, HarvestRun, Picture, Source

Outcome = Picture.Outcome
_WANTED = ["revision", "outcome", "run", "host", "may_keep", "kind", "reason", "attempts", "due_at"]


def want_pictures(canvases: Sequence[Canvas], run: HarvestRun | None, *, keep: bool) -> set[str]:
    """Note that the pixels of ``canvases`` are to be fetched; the hosts that will be asked.

    A canvas that shows no image is noted as that. Whatever was kept of an older revision stays
    until the new one is there.
    """
    if not canvases:
        return set()
    hosts = _hosts(canvases)
    rows = [_wanted(canvas, hosts.get(canvas.pk), run, keep) for canvas in canvases]
    Picture.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["canvas"],
        update_fields=[*_WANTED, "read_at"],
    )
    return {row.host for row in rows if row.outcome == Outcome.WAITING}


def _hosts(canvases: Iterable[Canvas]) -> dict[int, str]:
    """The host of each canvas's first image."""
    images = CanvasImage.objects.filter(canvas__in=canvases, is_default=True).order_by("-ordinal")
    rows = images.values_list("canvas_id", "service_id", "url")
    return {pk: host_of(service) or host_of(url) for pk, service, url in rows}


def _wanted(canvas: Canvas, host: str | None, run: HarvestRun | None, keep: bool) -> Picture:
    picture = Picture(canvas=canvas, revision=canvas.pixel_revision, run=run, may_keep=keep)
    if host is None or canvas.skipped_reason:
        picture.outcome = Outcome.SKIPPED
        picture.kind = "nothing-to-see"
        picture.reason = canvas.skipped_reason or "The canvas shows no image."
    elif not host:
        picture.outcome = Outcome.FAILED
        picture.kind = "bad-url"
        picture.reason = "The address of the canvas's image is no URL."
    else:
        picture.host = host
    return picture


def again(pictures: QuerySet[Picture]) -> int:
    """Have those of ``pictures`` that failed fetched once more; how many. Those that no host has
    cannot be."""
    return (
        pictures.filter(outcome=Outcome.FAILED)
        .exclude(host="")
        .update(
            outcome=Outcome.WAITING,
            due_at=None,
            attempts=0,
            kind="",
            reason="",
            revision=_current(),
        )
    )


def retry_due() -> int:
    """Those whose time has come are wanted again, with the tries that they had."""
    rows = Picture.objects.filter(outcome=Outcome.FAILED, due_at__lte=timezone.now())
    return rows.update(outcome=Outcome.WAITING, due_at=None, revision=_current())


def anew(canvas: Canvas) -> bool:
    """Have a picture fetched once more whose kept file is damaged; whether it was still kept."""
    rows = Picture.objects.filter(pk=canvas.pk, revision=canvas.pixel_revision)
    return bool(rows.filter(outcome=Outcome.KEPT).update(outcome=Outcome.WAITING, read_at=None))


#: Runs that ask for nothing more by themselves.
_AT_REST = (
    HarvestRun.State.PAUSED,
    HarvestRun.State.DONE,
    HarvestRun.State.FAILED,
    HarvestRun.State.CANCELLED,
)


def adopt(run: HarvestRun) -> int:
    """Pictures that earlier runs of the source left waiting, ended or paused as they are, are this
    run's to fetch; how many."""
    waiting = Picture.objects.filter(outcome=Outcome.WAITING, run__lt=run.pk)
    return waiting.filter(run__source=run.source_id, run__state__in=_AT_REST).update(run=run)


def _current() -> Subquery:
    return Subquery(Canvas.objects.filter(pk=OuterRef("pk")).values("pixel_revision"))


# -- whether a source lets us keep them ----------------------------------------------------------

#: Pictures dropped in one go: each is a file or two to be removed.
DROPPED_AT_ONCE = 200


def of_source(source: Source) -> QuerySet[Picture]:
    """Pictures of the canvases on which the source's word counts."""
    return Picture.objects.filter(canvas__home__source=source)


def forbid_pictures(source: Source) -> int:
    """Keep no pictures of ``source`` from now on, and drop those that were kept; how many.

    Those that features were made from have been looked at; the others are to be, from afar.
    """
    rows = of_source(source)
    rows.filter(may_keep=True).update(may_keep=False)
    held = rows.exclude(sha256="")
    dropped = 0
    while batch := list(held.order_by("pk")[:DROPPED_AT_ONCE]):
        for picture in batch:
            _drop(picture)
        dropped += len(batch)
    return dropped


def _drop(picture: Picture) -> None:
    outcome, read_at, fetched_at = picture.outcome, picture.read_at, picture.fetched_at
    kept.drop(picture)
    if outcome not in (Outcome.KEPT, Outcome.EVICTED):
        return  # it waits, or failed, and only the file of an older revision was there
    seen = read_at is not None
    Picture.objects.filter(pk=picture.pk, outcome=outcome).update(
        outcome=Outcome.LOOKED_AT if seen else Outcome.WAITING,
        read_at=read_at,
        fetched_at=fetched_at if seen else None,
    )


def allow_pictures(source: Source) -> int:
    """Keep pictures of ``source`` from now on, those that are fetched next; of how many this is
    true that were forbidden."""
    return of_source(source).filter(may_keep=False).update(may_keep=True)
