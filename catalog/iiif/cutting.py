"""Taking canvases out of a manifest, with all that refers to them, of Presentation 2 and 3 alike.

A canvas is referred to by its id, with or without a fragment: in ranges, as the start, as the
target or source of annotations; and its pictures serve as thumbnails of other things. Never raises
on a JSON object, however broken; the input is never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from catalog.iiif.identity import normalise_uri
from catalog.iiif.shapes import id_of, types_of

#: What holds canvases: a manifest, or a sequence of Presentation 2.
_HOLDERS = ("items", "canvases")
#: Properties whose strings name other things. Elsewhere a string is a text.
_REFERENCES = frozenset(
    {"canvases", "members", "ranges", "items", "start", "startCanvas", "source", "full", "target"}
    | {"on", "within", "partOf", "thumbnail"}
)
#: What goes with the only thing that one of these properties names.
_VITAL = ("source", "full", "target", "on")
_PARTS_OF_A_RANGE = ("items", "canvases", "ranges", "members")
_IMAGE_TYPES = frozenset({"image", "stillimage"})
#: No manifest nests this deep; what does would exhaust the stack of whoever reads it.
_MAX_DEPTH = 100
_NOTHING: Any = object()


def without_canvases(manifest: dict[str, Any], ids: Collection[str]) -> dict[str, Any]:
    """The manifest as if these canvases had never been in it."""
    return _Cut(manifest, ids, stubs=False).done()


def cut_out(manifest: dict[str, Any], canvases: Mapping[int, str]) -> dict[str, Any]:
    """The manifest without a word or picture of these canvases (position -> id).

    In the place of each stands a canvas with its id and nothing else, so that the others keep
    their positions; ranges and the like do without it.
    """
    return _Cut(_named(manifest, canvases), canvases.values(), stubs=True).done()


def held_canvases(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The canvases that stand in it, of all its sequences."""
    found = (_list(holder[key]) for holder, key in _holders(manifest))
    return [canvas for canvases in found for canvas in canvases if isinstance(canvas, dict)]


class _Cut:
    def __init__(self, manifest: dict[str, Any], ids: Collection[str], *, stubs: bool) -> None:
        self._manifest = manifest
        self._unwanted = {normalise_uri(each) for each in ids if each}
        self._stubs = stubs
        self._emptied = False
        held = held_canvases(manifest)
        gone = [canvas for canvas in held if self._is_unwanted(id_of(canvas))]
        kept = [canvas for canvas in held if not self._is_unwanted(id_of(canvas))]
        self._pictures = set().union(*map(_pictures_of, gone)) if gone else set()
        if self._pictures and kept:  # a picture that others show too is theirs as well
            self._pictures -= set().union(*map(_pictures_of, kept))

    def done(self) -> dict[str, Any]:
        result = self._manifest
        while self._unwanted:
            self._emptied = False
            result = self._object(result, "", 0)
            if not self._emptied:  # ranges that were left empty are unwanted too
                break
        return result

    def _is_unwanted(self, uri: str) -> bool:
        return bool(uri) and normalise_uri(uri) in self._unwanted

    def _is_its_picture(self, uri: str) -> bool:
        if not self._pictures or not uri:
            return False
        normal = normalise_uri(uri)
        # service/region/size/rotation/quality.format
        return normal in self._pictures or normal.rsplit("/", 4)[0] in self._pictures

    def _value(self, value: Any, key: str, depth: int, held: bool = False) -> Any:
        """``held``: it is among the canvases that the manifest holds."""
        if isinstance(value, str):
            unwanted = key in _REFERENCES and (
                self._is_unwanted(value) or (key == "thumbnail" and self._is_its_picture(value))
            )
            return _NOTHING if unwanted else value
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, list):
            left = [self._value(item, key, depth + 1, held) for item in value]
            left = [item for item in left if item is not _NOTHING]
            return left if left or key in _HOLDERS or not value else _NOTHING
        if not isinstance(value, dict):
            return value
        if self._is_unwanted(id_of(value)):
            return _stub(value) if held and self._stubs else _NOTHING
        return _NOTHING if self._is_its_picture(id_of(value)) else self._object(value, key, depth)

    def _object(self, value: dict[str, Any], key: str, depth: int) -> Any:
        result: dict[str, Any] = {}
        for name, part in value.items():
            held = name in _HOLDERS and (depth == 0 or key == "sequences")
            left = self._value(part, name, depth + 1, held)
            if left is not _NOTHING:
                result[name] = left
            elif name in _VITAL and depth:
                return _NOTHING
        if depth and self._is_emptied_range(value, key, result):
            if uri := id_of(value):
                self._unwanted.add(normalise_uri(uri))
                self._emptied = True
            return _NOTHING
        return result

    def _is_emptied_range(self, before: dict[str, Any], key: str, after: dict[str, Any]) -> bool:
        if key != "structures" and "range" not in types_of(before):
            return False
        return any(before.get(part) for part in _PARTS_OF_A_RANGE) and not any(
            after.get(part) for part in _PARTS_OF_A_RANGE
        )


def _stub(canvas: dict[str, Any]) -> dict[str, Any]:
    return {name: canvas[name] for name in ("id", "@id", "type", "@type") if name in canvas}


def _holders(manifest: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Where canvases stand, in the order in which they are read."""
    for sequence in _list(manifest.get("sequences")):
        if isinstance(sequence, dict):
            yield from ((sequence, key) for key in ("canvases", "items") if sequence.get(key))
    yield from ((manifest, key) for key in ("canvases", "items") if manifest.get(key))


def _named(manifest: dict[str, Any], canvases: Mapping[int, str]) -> dict[str, Any]:
    """The manifest in which those of ``canvases`` that have no id bear the one we gave them."""
    holder, key = next(_holders(manifest), (manifest, ""))
    found = _list(holder.get(key))
    nameless = {
        position: uri
        for position, uri in canvases.items()
        if position < len(found)
        and isinstance(found[position], dict)
        and not id_of(found[position])
    }
    if not nameless:
        return manifest
    for position, uri in nameless.items():
        found[position] = found[position] | {"@id" if "@type" in found[position] else "id": uri}
    if holder is manifest:
        return manifest | {key: found}
    sequences = [
        sequence | {key: found} if sequence is holder else sequence
        for sequence in _list(manifest["sequences"])
    ]
    return manifest | {"sequences": sequences}


def _pictures_of(canvas: dict[str, Any]) -> set[str]:
    return set(map(normalise_uri, _pictures(canvas)))


def _pictures(value: Any, depth: int = 0, within: bool = False) -> Iterator[str]:
    """Ids of images, of their services and of thumbnails. ``within`` one of them."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _pictures(item, depth + 1, within)
    elif isinstance(value, dict):
        is_image = within or bool(_IMAGE_TYPES & set(types_of(value)))
        if is_image and (uri := id_of(value)):
            yield uri
        for key, held in value.items():
            if key == "thumbnail" and isinstance(held, str):
                yield held
            part = key == "thumbnail" or (is_image and key in ("service", "services"))
            yield from _pictures(held, depth + 1, part)


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]
