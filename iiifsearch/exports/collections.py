"""Collections with their members in order: as a table, and in the words of schema.org."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.models import Collection
from iiifsearch.exports.asked import Asked, by_id
from iiifsearch.exports.jsonld import Streamed
from iiifsearch.exports.paintings import cells, columns
from iiifsearch.records import Record, records, urls

COLUMNS = (
    *("collection", "collection_title", "collection_state", "collection_rights"),
    *("collection_url", "position", "state"),
    *columns(),
    "thumbnail",
)
_PRESENTATION = 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """A row for each member; ``position`` from 1."""
    for collection in _wanted(asked):
        told = (
            *(collection.key, collection.title, collection.state, collection.rights),
            urls().collection(collection.key),
        )
        for position, record in enumerate(_members(collection, asked), 1):
            yield (*told, position, record.state, *cells(record), record.thumbnail)


def document(asked: Asked) -> Streamed:
    """A graph of schema.org Collections; the order of a collection is that of its list."""
    return Streamed(
        {
            "@context": "https://schema.org",
            "@graph": (_collection(collection, asked) for collection in _wanted(asked)),
        }
    )


def _wanted(asked: Asked) -> Iterator[Collection]:
    """The one that is asked for, else all that curators made."""
    if asked.collection is not None:
        yield from [asked.collection] if asked.collection.state in asked.states else []
        return
    for some in by_id(Collection.objects.filter(uri="", state__in=asked.states)):
        yield from some


def _members(collection: Collection, asked: Asked) -> Iterator[Record]:
    for ids in Asked(collection=collection).in_order():
        found = records(ids, drafts=asked.drafts)
        yield from (found[pk] for pk in ids if pk in found)


def _collection(collection: Collection, asked: Asked) -> Streamed:
    told: dict[str, Any] = {
        "@type": "Collection",
        "@id": urls().collection(collection.key),
        "identifier": collection.key,
        "name": _texts(collection.label) or collection.title,
        "url": urls().collection_page(collection.key),
        "creativeWorkStatus": collection.state,
        "dateModified": collection.modified_at.isoformat(),
    }
    if collection.summary:
        told["description"] = _texts(collection.summary)
    if collection.published_at:
        told["datePublished"] = collection.published_at.isoformat()
    if collection.parent is not None and collection.parent.state in asked.states:
        told["isPartOf"] = {"@id": urls().collection(collection.parent.key)}
    told |= _rights(collection.rights)
    works = (_work(record) for record in _members(collection, asked))
    return Streamed({**told, "hasPart": Streamed({"@list": works})})


def _work(record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {
        "@type": "VisualArtwork",
        "@id": record.canvas_uri,
        "identifier": record.canvas.key,
        "name": record.title,
        "url": urls().painting(record.canvas.key),
        "creativeWorkStatus": record.state,
        "subjectOf": {
            "@type": "DigitalDocument",
            "@id": record.manifest_url,
            "encodingFormat": _PRESENTATION,
            "isBasedOn": record.manifest_uri,
        },
    }
    if record.maker:
        told["creator"] = {"@type": "Person", "name": record.maker}
    if record.date:
        told["dateCreated"] = record.date
    if record.thumbnail:
        told["thumbnailUrl"] = record.thumbnail
    if record.attribution:
        told["creditText"] = record.attribution
    return told | _rights(record.rights)


def _rights(rights: str) -> dict[str, str]:
    """A licence is a URI; what is none is a notice."""
    if not rights:
        return {}
    return {"license": rights} if "://" in rights else {"copyrightNotice": rights}


def _texts(texts: dict[str, list[str]]) -> list[dict[str, str]]:
    """A language map in JSON-LD's own way."""
    return [
        {"@value": text} | ({} if language == "none" else {"@language": language})
        for language, values in texts.items()
        for text in values
    ]
