"""A manifest with one word wherever there is room for words, and where that word is found."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import Value
from django.test import Client
from django.utils import timezone

from catalog.models import (
    Canvas,
    CanvasImage,
    Comment,
    Document,
    Manifest,
    ManifestCanvas,
    Picture,
    Source,
    identity,
    permanent_key,
)
from iiifsearch.models import CanvasVector, CommentText, CommentVector, Seen, Term

HOST = "https://museum.example"
#: Stands in everything that is said of the first canvas, and in nothing else.
WORD = "Xylographia"
REASON = "The heirs asked for it."


class Book:
    """A manifest of two canvases, the first of which is full of `WORD`, as a harvest, an index
    and a curator would have left it."""

    def __init__(self, name: str = "book", shared: Canvas | None = None) -> None:
        self.uri = f"{HOST}/{name}/manifest"
        self.title = f"{WORD} in two views" if shared is None else "Another book"
        self.source = Source.objects.create(url=self.uri, label=self.title)
        self.pictures: dict[int, Picture] = {}
        self.manifest = Manifest.objects.create(
            key=permanent_key("manifest", self.uri),
            uri=self.uri,
            raw_id=self.uri,
            url=self.uri,
            source=self.source,
            version=3,
            title=self.title,
            label={"en": [self.title]},
            summary={"en": [f"On {self.title}"]},
            metadata=[{"label": {"en": ["Title"]}, "value": {"en": [self.title]}}],
            thumbnail=f"{HOST}/{name}/{WORD}/full/90,/0/default.jpg",
            raw={},
            content_hash="hash",
            etag='"etag"',
            last_modified="then",
            warnings=[{"code": "odd", "message": self.title, "path": ""}],
            harvested_at=timezone.now(),
        )
        self.first = shared or self._canvas(name, 1, WORD)
        if shared is not None:
            self._appears(shared, 0)
        self.second = self._canvas(name, 2, "Harbour")
        self._raw(name)

    def _canvas(self, name: str, number: int, word: str) -> Canvas:
        uri = f"{HOST}/{name}/canvas/{number}"
        canvas = Canvas.objects.create(
            key=permanent_key("canvas", uri),
            uri=uri,
            raw_id=uri,
            title=f"The {word}",
            maker=f"{word} Master",
            date_text=f"{word} 1712",
            year=1712,
            technique=f"{word} on paper",
            object_type=word,
            label={"en": [word]},
            metadata=[{"label": {"en": ["Title"]}, "value": {"en": [word]}}],
            rights=f"https://rights.example/{word}",
            required_statement={"label": {}, "value": {"en": [f"Courtesy of {word}"]}},
            width=800,
            height=600,
            thumbnail=f"{HOST}/{word}/thumbnail.jpg",
            home=self.manifest,
        )
        self._appears(canvas, number - 1)
        CanvasImage.objects.create(canvas=canvas, ordinal=0, service_id=f"{HOST}/{name}/{word}")
        self.pictures[number] = Picture.objects.create(
            canvas=canvas, revision=1, outcome="kept", sha256=f"{number:x}" * 64, size=99,
            host=f"{word.lower()}.example", width=10, height=10,
        )  # fmt: skip
        for origin in ("label", "annotation", "curator"):
            self._comment(canvas, f"{word} seen by {origin}", origin)
        for feature in ("colour-1", "words-1"):
            Seen.objects.create(canvas=canvas, feature=feature, revision=1, outcome="done")
        CanvasVector.objects.create(canvas=canvas, encoder="p-1", vec=np.ones(4) / 2)
        return canvas

    def _appears(self, canvas: Canvas, position: int) -> None:
        ManifestCanvas.objects.create(
            canvas=canvas, manifest=self.manifest, position=position, raw_id=canvas.raw_id
        )

    def _comment(self, canvas: Canvas, body: str, origin: str) -> None:
        comment = Comment.objects.create(
            canvas=canvas,
            manifest=None if origin == "curator" else self.manifest,
            key=permanent_key(self.uri, canvas.uri, body),
            origin=origin,
            label=body,
            body=body,
            html=f"<p>{body}</p>",
            creator=body,
        )
        CommentVector.objects.create(
            canvas=canvas, comment=comment, encoder="m-1", vec=np.ones(4) / 2
        )
        CommentText.objects.create(
            canvas=canvas, comment=comment, weight=1, words=SearchVector(Value(body))
        )
        word = body.split()[0].lower()
        Term.objects.create(canvas=canvas, comment=comment, word=word, folded=word)

    def _raw(self, name: str) -> None:
        items = []
        for canvas in (self.first, self.second):
            service = {"id": f"{HOST}/{name}/{canvas.object_type}", "type": "ImageService3"}
            body = {"id": f"{service['id']}/full/max/0/default.jpg", "type": "Image"}
            painting = {"type": "Annotation", "body": body | {"service": [service]}}
            pages = [{"id": f"{canvas.raw_id}/said", "type": "AnnotationPage"}]
            items.append(
                {
                    "id": canvas.raw_id,
                    "type": "Canvas",
                    "label": canvas.label,
                    "items": [{"type": "AnnotationPage", "items": [painting]}],
                    "annotations": pages,
                }
            )
        said = f"{self.first.raw_id}/said"
        kept = {"url": said, "body": zlib.compress(WORD.encode()), "read_at": timezone.now()}
        Document.objects.get_or_create(mark=identity(said), defaults=kept)
        of_first = {"type": "SpecificResource", "source": self.first.raw_id}
        self.manifest.raw = {
            "id": self.uri,
            "type": "Manifest",
            "label": {"en": ["Two views"]} if self.title.startswith(WORD) else self.manifest.label,
            "thumbnail": [{"id": self.manifest.thumbnail, "type": "Image"}],
            "start": {"id": self.first.raw_id, "type": "Canvas"},
            "items": items,
            "structures": [
                {"id": "r", "type": "Range", "label": {"en": [WORD]}, "items": [of_first]}
            ],
        }
        self.manifest.save()

    def published(self, client: Client) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"/iiif/manifest/{self.manifest.key}").json()
        return body


def tables() -> list[str]:
    return [t for t in connection.introspection.table_names() if not t.startswith("django_m")]


def holding(word: str) -> list[str]:
    """Tables that hold a word anywhere, whatever the type of the column."""
    found = []
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{word}%"]
            )
            found += [table] if cursor.fetchone()[0] else []
    for document in Document.objects.all():
        if word.lower() in zlib.decompress(document.body).decode().lower():
            found.append(f"document {document.mark}")
    return found


def referring_to(canvas: Canvas) -> dict[str, int]:
    """Rows of every table that has a canvas, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'canvas_id' AND table_schema = 'public'"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}" WHERE canvas_id = %s', [canvas.pk])
            counts[name] = cursor.fetchone()[0]
    return {name: count for name, count in counts.items() if count}
