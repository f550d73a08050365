"""Streams of changes: which manifests were made, changed, moved or taken away, and when.

Source: IIIF Change Discovery API 1.0, sections 2.3 and 3; Activity Streams 2.0 (Core, sections
2 and 5). The order is from the oldest activity to the newest, within pages and from page to page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args

from catalog.iiif.descriptive import join
from catalog.iiif.identity import normalise_uri
from catalog.iiif.language import read_language_map
from catalog.iiif.manifest import settle_id
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, flattened, id_of, plain_whole, text_of, types_of
from catalog.iiif.types import (
    ActivityType,
    ObjectKind,
    ParsedActivity,
    ParsedActivityPage,
    ParsedStream,
)

Kind = Literal["stream", "page"]

_STREAM_TYPES = ("orderedcollection",)
_PAGE_TYPES = ("orderedcollectionpage", "collectionpage")
_ACTIVITIES: dict[str, ActivityType] = {name: name for name in get_args(ActivityType)}
_ITEM_KEYS = ("orderedItems", "items")
#: Above this a number of seconds since 1970 is one of milliseconds.
_MILLISECONDS = 100_000_000_000


def kind_of(obj: dict[str, Any]) -> Kind | None:
    """Whether a document is a stream or a page of one; None for anything else.

    ``Collection`` is also a type of Activity Streams, in which the context or the items decide.
    """
    types = types_of(obj)
    paged = any(obj.get(key) for key in ("prev", "next"))
    if any(t in _PAGE_TYPES for t in types):
        return "page"
    if any(t in _STREAM_TYPES for t in types):
        single = obj.get("orderedItems") and not (obj.get("first") or obj.get("last"))
        return "page" if paged and single and obj.get("partOf") else "stream"
    if types and "collection" not in types:
        return None
    if not (_of_streams(obj) or "orderedItems" in obj or _holds_activities(obj)):
        return None
    return "page" if paged or (obj.get("partOf") and not obj.get("last")) else "stream"


def read_stream(obj: dict[str, Any], reading: Reading) -> ParsedStream:
    """An OrderedCollection, as the entry to its pages."""
    settle_id(obj, reading)
    _tell_type(obj, _STREAM_TYPES, "OrderedCollection", reading)
    first, embedded = _page(obj, "first", "next", reading)
    last, newest = _page(obj, "last", "prev", reading)
    activities = [*embedded, *_activities(obj, reading, "")]
    if newest != embedded:
        activities += newest
    if last is None and first is not None:
        reading.warn("stream-without-last", "Only the first page is named; it is read forwards.")
    elif first is None and last is None and not activities:
        reading.warn("stream-empty", "The stream names no pages and holds no activities.")
    label = next((obj[key] for key in ("label", "name", "nameMap") if obj.get(key)), None)
    return ParsedStream(
        id=reading.base,
        first=first,
        last=last,
        total=plain_whole(obj.get("totalItems", obj.get("total"))),
        label=read_language_map(label, reading, "label"),
        activities=_oldest_first(activities, reading),
        warnings=reading.warnings(),
    )


def read_page(obj: dict[str, Any], reading: Reading) -> ParsedActivityPage:
    """An OrderedCollectionPage."""
    settle_id(obj, reading)
    _tell_type(obj, _PAGE_TYPES, "OrderedCollectionPage", reading)
    activities = _oldest_first(list(_activities(obj, reading, "")), reading)
    if not activities:
        reading.warn("page-empty", "The page holds no activity that can be read.")
    return ParsedActivityPage(
        id=reading.base,
        prev=_link(obj, "prev", reading),
        next=_link(obj, "next", reading),
        part_of=_link(obj, "partOf", reading),
        activities=activities,
        warnings=reading.warnings(),
    )


def _of_streams(obj: dict[str, Any]) -> bool:
    contexts = " ".join(text_of(c) for c in as_list(obj.get("@context"))).lower()
    return "api/discovery/" in contexts or "activitystreams" in contexts


def _holds_activities(obj: dict[str, Any]) -> bool:
    first = next((element for element, _ in flattened(obj.get("items"), "")), None)
    return (
        isinstance(first, dict)
        and "object" in first
        and any(name in _ACTIVITIES for name in types_of(first))
    )


def _tell_type(obj: dict[str, Any], types: tuple[str, ...], name: str, reading: Reading) -> None:
    if not any(t in types for t in types_of(obj)):
        reading.warn("type-odd", f"It is not called so, but has the shape of an {name}.")


def _page(
    obj: dict[str, Any], key: str, onwards: str, reading: Reading
) -> tuple[str | None, list[ParsedActivity]]:
    """A page that a stream names: its URL; or what it holds, if it has no URL of its own, and
    then the URL of the page ``onwards`` from there."""
    if url := _link(obj, key, reading):
        return url, []
    for element, at in flattened(obj.get(key), key):
        if isinstance(element, dict) and any(element.get(k) for k in _ITEM_KEYS):
            reading.warn("page-embedded", "The page stands in the stream, without an id.", at)
            return _link(element, onwards, reading, at), list(_activities(element, reading, at))
    return None, []


def _link(obj: dict[str, Any], key: str, reading: Reading, path: str = "") -> str | None:
    """The URL under ``key``, an object or a text; None where it is missing or leads to itself."""
    for element, at in flattened(obj.get(key), join(path, key)):
        raw = id_of(element)
        url = reading.fetchable(raw, at) if raw else ""
        if not url:
            continue
        if key in ("prev", "next") and normalise_uri(url) == normalise_uri(reading.url):
            reading.warn("page-cycle", f"The page has itself for {key}; ended here.", at)
            return None
        return url
    return None


def _activities(obj: dict[str, Any], reading: Reading, path: str) -> Iterator[ParsedActivity]:
    key = next((k for k in _ITEM_KEYS if obj.get(k)), None)
    if key is None:
        return
    if key != "orderedItems":
        reading.warn("items-unordered", "The activities stand in 'items', not 'orderedItems'.")
    for element, at in flattened(obj[key], join(path, key)):
        if not isinstance(element, dict):
            reading.warn("activity-not-object", "Not an activity; left out.", at)
        elif found := _activity(element, reading, at):
            yield found


def _activity(obj: dict[str, Any], reading: Reading, path: str) -> ParsedActivity | None:
    types = types_of(obj)
    kind = next((_ACTIVITIES[name] for name in types if name in _ACTIVITIES), None)
    if kind is None:
        said = f"of the type {types[0]!r}" if types else "without a type"
        reading.warn("activity-unknown", f"An activity {said} is left out.", path)
        return None
    end = _time(obj, "endTime", reading, path)
    start = _time(obj, "startTime", reading, path)
    if kind == "refresh":
        return ParsedActivity("refresh", "", "other", end_time=end, start_time=start)
    object_id, raw_type = _thing(obj, ("object",), reading, path)
    if not object_id:
        reading.warn("activity-without-object", "It does not say what changed; left out.", path)
        return None
    target, target_type = "", ""
    if kind == "move":
        target, target_type = _thing(obj, ("target", "result"), reading, path)
        if not target:
            reading.warn("move-without-target", "It moved, but where to is not said.", path)
    elif kind in ("add", "remove"):
        # What was added went to the target, what was removed came from the origin.
        keys = ("target", "origin") if kind == "add" else ("origin", "target")
        target, _ = _thing(obj, keys, reading, path)
    raw_type = raw_type or target_type
    return ParsedActivity(
        kind,
        object_id,
        _object_kind(raw_type, reading, path),
        raw_type,
        target_id=target,
        end_time=end,
        start_time=start,
    )


def _thing(
    obj: dict[str, Any], keys: tuple[str, ...], reading: Reading, path: str
) -> tuple[str, str]:
    """The absolute URL and the type, as written, of what stands under the first key that has
    something."""
    for key in keys:
        found = list(flattened(obj.get(key), join(path, key)))
        if len(found) > 1:
            reading.warn("several-objects", f"Of several under {key!r} the first is read.", path)
        for element, at in found:
            raw = id_of(element)
            if raw and (url := reading.fetchable(raw, at)):
                return url, _raw_type(element)
    return "", ""


def _raw_type(element: Any) -> str:
    values = [element.get(key) for key in ("type", "@type")] if isinstance(element, dict) else []
    return next((t for value in values for t in map(text_of, as_list(value)) if t), "")


def _object_kind(raw_type: str, reading: Reading, path: str) -> ObjectKind:
    if not raw_type:
        reading.warn("object-without-type", "What changed has no type; taken for a manifest.", path)
        return "manifest"
    name = types_of({"type": raw_type})
    if name == ("manifest",):
        return "manifest"
    return "collection" if name == ("collection",) else "other"


def _time(obj: dict[str, Any], key: str, reading: Reading, path: str) -> datetime | None:
    """An xsd:dateTime in UTC. Of a bare date ``endTime`` takes the last moment: a change of that
    day is rather read twice than missed."""
    value = next(iter(as_list(obj.get(key))), None)
    if isinstance(value, dict):
        value = value.get("@value", value.get("value"))
    if value is None:
        return None
    found = _moment(value, last=key == "endTime")
    if found is None:
        reading.warn("time-unknown", f"{str(value)[:60]!r} is no time; ignored.", join(path, key))
        return None
    moment, as_it_should_be = found
    if not as_it_should_be:
        reading.warn(
            "time-odd",
            f"{str(value)[:60]!r} is no full time with its zone; read as {moment.isoformat()}.",
            join(path, key),
        )
    return moment


def _moment(value: Any, *, last: bool) -> tuple[datetime, bool] | None:
    """The time, and whether it was written as a full time with a zone."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC), False
        if not isinstance(value, str) or len(value) > 60:
            return None
        moment = datetime.fromisoformat(value.strip())
        full = len(value.strip()) > len("2000-01-01")
        if not full and last:
            moment = datetime.combine(moment, time.min) + timedelta(days=1, microseconds=-1)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), False
        return moment.astimezone(UTC), full
    except (ValueError, OverflowError, OSError):
        return None


def _oldest_first(activities: list[ParsedActivity], reading: Reading) -> tuple[ParsedActivity, ...]:
    """Activities in the order that the specification asks for; what has no time of its own stays
    behind the one before it."""
    times = [a.end_time or a.start_time for a in activities]
    known = [t for t in times if t is not None]
    steps = list(pairwise(known))
    if all(one <= other for one, other in steps):
        return tuple(activities)
    if all(one >= other for one, other in steps):
        reading.warn("activities-backwards", "The activities are newest first; turned round.")
        return tuple(reversed(activities))
    reading.warn("activities-unordered", "The activities are in no order of time; put in order.")
    keys: list[datetime] = []
    for moment in times:
        keys.append(moment or (keys[-1] if keys else known[0]))
    order = sorted(range(len(activities)), key=lambda index: keys[index])
    return tuple(activities[index] for index in order)
