"""Which version of each encoder answers.

Settings name encoders, and the latest version of a name is wanted. What answers is said by the
database (`iiifsearch.models.Answering`), so that a version that was live goes on answering until
the wanted one has covered what it covers (`iiifsearch.index.takeover`): both are kept up to date
meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection

from iiifsearch.conf import options
from iiifsearch.models import Answering, Seen
from ml import registry
from ml.errors import UnknownEncoder
from ml.specs import EncoderSpec, LearnedHere

#: What `Live.slot` says of the encoders of which there is one.
TEXT, REGION = "text_encoder", "region_encoder"
#: Seconds for which a process believes what it was told, where another version may take over.
_BELIEVED = 3.0
#: Canvases that were looked at first, by which it is seen what was live before it was noted.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Live:
    """An encoder that is live.

    ``slot``: what it is live as: `TEXT`, `REGION`, or the name of an encoder of pictures; with a
    whitening learned here that of the encoder it was learned for, so that it can take its place.
    ``name``: as the settings call it. ``answers``, ``reader``: who encodes what searches compare,
    and the texts that are compared with pictures (None where none are). ``wanted``,
    ``wanted_reader``: who shall, as soon as they cover as much. ``noted``: whether it once did.
    """

    slot: str
    name: str
    answers: EncoderSpec
    wanted: EncoderSpec
    reader: EncoderSpec | None = None
    wanted_reader: EncoderSpec | None = None
    noted: bool = False

    @property
    def specs(self) -> tuple[EncoderSpec, ...]:
        """All of them, those that answer first."""
        found = (self.answers, self.reader, self.wanted, self.wanted_reader)
        return tuple(dict.fromkeys(spec for spec in found if spec))

    @property
    def steps(self) -> tuple[tuple[EncoderSpec, EncoderSpec], ...]:
        """Who answers, and who shall instead; nothing where all is as wanted."""
        both = [(self.answers, self.wanted)]
        if self.wanted_reader:
            both.append((self.reader or self.wanted_reader, self.wanted_reader))
        return tuple((old, new) for old, new in both if old != new)


_asking: ContextVar[list[tuple[Live, ...]] | None] = ContextVar("asking", default=None)
_known: dict[tuple[object, ...], tuple[tuple[Live, ...], float]] = {}
#: How often it was said that what is known is over: who asked before does not write it down after.
_forgotten = 0


@contextmanager
def one_version() -> Iterator[None]:
    """What is asked within gets one answer, whatever takes over meanwhile. Also a decorator."""
    if _asking.get() is not None:
        yield
        return
    token = _asking.set([])
    try:
        yield
    finally:
        _asking.reset(token)


def live() -> tuple[Live, ...]:
    """The live encoders, those of pictures in the order of the settings. One small question, and
    none where it could have but one answer."""
    kept = _asking.get()
    if kept:
        return kept[0]
    found = _live()
    if kept is not None:
        kept.append(found)
    return found


def versions(one: Live) -> tuple[EncoderSpec, ...]:
    """All that may answer by its name, the oldest first."""
    return _versions(one.slot, registry.get(one.name))[0]


def noted() -> dict[str, str]:
    """Slots, and the keys of what answers there, as the database has them."""
    return {slot: row.key for slot, row in _rows().items()}


def forget() -> None:
    """Ask anew: another version has taken over."""
    global _forgotten
    _forgotten += 1
    _known.clear()


def _live() -> tuple[Live, ...]:
    wanted = [(slot, name, spec, *_versions(slot, spec)) for slot, name, spec in _wanted()]
    place = (connection.settings_dict["NAME"], *wanted)
    found, until = _known.get(place, ((), 0.0))
    if time.monotonic() < until:
        return found
    asked_after = _forgotten
    rows = _rows()
    found = tuple(
        _one(slot, name, spec, rows.get(slot), versions) for slot, name, spec, versions, _ in wanted
    )
    pairs = [one for one in found if one.reader]
    settled = (
        all(len(versions) == 1 and len(readers) < 2 for *_, versions, readers in wanted)
        and not any(one.steps for one in found)
        and (len(pairs) < 2 or pairs[0].noted)
    )
    if asked_after == _forgotten:
        _known[place] = found, float("inf") if settled else time.monotonic() + _BELIEVED
    return found


def _wanted() -> list[tuple[str, str, EncoderSpec]]:
    """Slot, name and latest version of what the settings name."""
    images = [(name, registry.get(name)) for name in options.image_encoders]
    families = [_family(spec) for _, spec in images]
    found = [
        # Beside the one that it was learned for, it is one more.
        (family if families.count(family) == 1 else name, name, spec)
        for family, (name, spec) in zip(families, images, strict=True)
    ]
    if options.region_encoder:
        found.append((REGION, options.region_encoder, registry.get(options.region_encoder)))
    found.append((TEXT, options.text_encoder, registry.get(options.text_encoder)))
    return found


def _family(spec: EncoderSpec) -> str:
    """The name without a whitening that was learned here: "vgg16-1w0a1b2c3d" -> "vgg16"."""
    if not isinstance(spec.whitening, LearnedHere):
        return spec.name
    return spec.name.rpartition("w")[0].rpartition("-")[0]


def _versions(
    slot: str, spec: EncoderSpec
) -> tuple[tuple[EncoderSpec, ...], tuple[EncoderSpec, ...]]:
    """Which versions may answer, the oldest first; and all readers of the latest."""
    name = spec.name if slot in (TEXT, REGION) else slot
    same = [one for one in registry.specs() if one.name == name]
    same.sort(key=lambda one: one.version)
    if spec not in same:
        same.append(spec)
    readers = [
        one
        for one in registry.specs()
        if spec.space and one.space == spec.space and one.modality != spec.modality
    ]
    return tuple(same), tuple(readers)


def _one(
    slot: str,
    name: str,
    latest: EncoderSpec,
    row: Answering | None,
    versions: Sequence[EncoderSpec],
) -> Live:
    pinned = _spec(row.pinned) if row else None
    wanted = pinned if pinned and _family(pinned) == _family(latest) else latest
    answers = _spec(row.key) if row else _found(versions)
    if answers is None or _kind(answers) != _kind(wanted):
        answers = wanted
    reader = wanted_reader = None
    if slot not in (TEXT, REGION):
        wanted_reader = registry.partner(wanted)
        known = _spec(row.reader) if row else None
        same = known is not None and known.space == answers.space
        reader = known if same else registry.partner(answers)
    return Live(slot, name, answers, wanted, reader, wanted_reader, row is not None)


def _kind(spec: EncoderSpec) -> tuple[str, bool]:
    return spec.modality, spec.of_regions


def _spec(key: str) -> EncoderSpec | None:
    try:
        return registry.get_by_key(key) if key else None
    except UnknownEncoder:
        return None


def _rows() -> dict[str, Answering]:
    """By slot."""
    fields = ("slot", "key", "reader", "pinned")
    said = _ask(f"SELECT {', '.join(fields)} FROM {Answering._meta.db_table}")
    return {row[0]: Answering(**dict(zip(fields, row, strict=True))) for row in said}


def _found(versions: Sequence[EncoderSpec]) -> EncoderSpec | None:
    """The oldest of several versions of which there are vectors, where nothing was noted yet."""
    if len(versions) < 2:
        return None
    table = Seen._meta.db_table
    said = _ask(
        f"SELECT DISTINCT feature FROM {table} WHERE feature = ANY(%s) AND canvas_id IN "
        f"(SELECT canvas_id FROM {table} ORDER BY canvas_id LIMIT {_LOOKED_AT})",
        [[spec.key for spec in versions]],
    )
    there = {feature for (feature,) in said}
    return next((spec for spec in versions if spec.key in there), None)


def _ask(sql: str, params: Iterable[object] = ()) -> list[tuple[str, ...]]:
    connection.ensure_connection()
    # Not by Django's cursor: this is no part of the question that somebody is at.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)
        return cursor.fetchall()
