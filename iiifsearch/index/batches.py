"""One canvas that spoils a batch is found out, and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.db import InterfaceError, OperationalError

from catalog.harvest import failures
from iiifsearch.index import store
from iiifsearch.index.find_work import Work

log = logging.getLogger(__name__)

#: Our own database is away, or another transaction was in the way: no canvas is to blame.
DATABASE_ERRORS = (OperationalError, InterfaceError)


@dataclass
class Made:
    """Canvases by what became of them; one with a feature that failed has failed."""

    done: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)


def apart(
    works: Sequence[Work],
    make: Callable[[Sequence[Work]], set[int]],
    revision: store.Revision = "pixel_revision",
) -> Made:
    """``make`` all of ``works`` at once; where that fails each by itself, and at last each of its
    features by itself, so that whatever is wrong with one canvas stops no other."""
    try:
        return Made(done=make(works))
    except DATABASE_ERRORS:
        raise
    except Exception as error:
        parts = _parts(works)
        if len(parts) == 1:
            log.exception("Nothing is made of canvas %s", works[0].canvas_id)
            _blame(works[0], error, revision)
            return Made(failed={works[0].canvas_id})
    made = Made()
    for part in parts:
        one = apart([part], make, revision)
        made.done |= one.done
        made.failed |= one.failed
    made.done -= made.failed
    return made


def _parts(works: Sequence[Work]) -> Sequence[Work]:
    if len(works) > 1:
        return works
    return [replace(works[0], features=(feature,)) for feature in works[0].features]


def _blame(work: Work, error: Exception, revision: store.Revision) -> None:
    feature, said = work.features[0], str(error)
    if not isinstance(error, store.PoisonedVector):
        said = f"{feature} of canvas {work.canvas_id}: {failures.reason_of(error)}"
    store.failed(work, said, revision=revision)
