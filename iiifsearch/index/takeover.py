"""How a version of an encoder takes over from the one that answers.

Both are made of every canvas; the old one answers. Once the new one covers all that the old one
covers, its HNSW index is built (`iiifsearch.index.ann`); once that is there, one row of
`Answering` says that it answers. What the old one left is kept until somebody drops it, so that
there is a way back: the same one.
"""

from __future__ import annotations

import logging

from django.db import connection
from django.utils import timezone

from iiifsearch import answering, encoders
from iiifsearch.conf import options
from iiifsearch.index import ann, coverage, scales
from iiifsearch.models import Answering
from ml import registry
from ml.specs import EncoderSpec

log = logging.getLogger(__name__)


class CannotUse(Exception):
    """That version cannot answer; the message says why."""


def take_over() -> list[str]:
    """Let every version answer that covers what the one before it covers and has its index; their
    keys. Notes what answers where nothing was noted yet. Costs next to nothing where none waits."""
    answering.forget()
    done = []
    for one in answering.live():
        if one.steps:
            if not why_waiting(one) and _answer(one):
                log.info("%s answers now, no longer %s.", one.wanted.key, one.answers.key)
                done.append(one.wanted.key)
        elif not one.noted and _covers_the_others(one):
            _note(one)
    answering.forget()
    return done


def why_waiting(one: answering.Live) -> str:
    """What a version that is to take over waits for, in words; "" where it can."""
    for old, new in one.steps:
        if not encoders.made(new, one):
            return f"{new.key} is not exported: run manage.py encoders."
        if not coverage.covered(old.key, new.key):
            return f"{new.key} is not made of all canvases yet that {old.key} finds."
        if not indexed(new):
            return f"The index of {new.key} is not built yet."
    return ""


def indexed(spec: EncoderSpec) -> bool:
    """Whether its HNSW index is there, or it has so few vectors that it needs none."""
    index = ann.ann_index(spec)
    if not ann.missing([index]):
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT FROM {index.table} v WHERE {index.filter_sql} "
            f"LIMIT {options.exact_rows + 1}) AS few"
        )
        return bool(cursor.fetchone()[0] <= options.exact_rows)


def use(key: str, *, incomplete: bool = False) -> str:
    """Let that version of a live encoder answer, as soon as it covers what the one that answers
    covers, or ``incomplete``, at once; what comes of it, in words. The latest is not pinned, so
    that one that comes after it takes over from it.

    Raises CannotUse.
    """
    one, spec = _live_of(key)
    _note(one)
    pinned = "" if spec == _latest(one) else spec.key
    Answering.objects.filter(slot=one.slot).update(pinned=pinned)
    answering.forget()
    one, _ = _live_of(key)
    if not one.steps:
        _write(one)
        return f"{spec.key} answers."
    why = why_waiting(one)
    if why and not incomplete:
        return f"{spec.key} will answer in the place of {one.answers.key} once it can. {why}"
    if unready := [new.key for _, new in one.steps if not encoders.made(new, one)]:
        raise CannotUse(f"{unready[0]} is not exported: run manage.py encoders.")
    _answer(one)
    answering.forget()
    return f"{spec.key} answers now, no longer {one.answers.key}."


def unknown() -> list[tuple[str, str]]:
    """Slots, and keys of what answered there and is known no more: what is wanted answers at
    once."""
    noted = answering.noted()
    return [
        (one.slot, noted[one.slot])
        for one in answering.live()
        if one.slot in noted and noted[one.slot] != one.answers.key
    ]


def _live_of(key: str) -> tuple[answering.Live, EncoderSpec]:
    for one in answering.live():
        for spec in (one.answers, *answering.versions(one)):
            if spec.key == key:
                return one, spec
    known = ", ".join(
        dict.fromkeys(spec.key for one in answering.live() for spec in answering.versions(one))
    )
    raise CannotUse(f"{key!r} is no version of a live encoder. These are: {known}.")


def _latest(one: answering.Live) -> EncoderSpec:
    return registry.get(one.name)


def _covers_the_others(one: answering.Live) -> bool:
    """A pair that was added beside one that answers is noted, and so may answer, when it covers as
    much."""
    both = encoders.joint()
    if one.reader is None or both is None or both == (one.answers, one.reader):
        return True
    pairs = zip(both, (one.answers, one.reader), strict=True)
    return all(coverage.covered(old.key, new.key) and indexed(new) for old, new in pairs)


def _note(one: answering.Live) -> None:
    reader = one.reader.key if one.reader else ""
    Answering.objects.get_or_create(
        slot=one.slot, defaults={"key": one.answers.key, "reader": reader}
    )


def _answer(one: answering.Live) -> bool:
    """False where somebody else was faster."""
    _note(one)
    if one.slot not in (answering.TEXT, answering.REGION):
        scales.measure(one.wanted)  # how alike strangers are, among all canvases
    return _write(one)


def _write(one: answering.Live) -> bool:
    """In one statement, so that everybody goes over at once; False where it says so already."""
    both = {"key": one.wanted.key, "reader": one.wanted_reader.key if one.wanted_reader else ""}
    row = Answering.objects.filter(slot=one.slot).exclude(**both)
    return bool(row.update(**both, since=timezone.now()))
