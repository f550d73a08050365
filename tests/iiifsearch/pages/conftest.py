"""A gallery made of rows: no server, no harvest; pictures are kept as the index would keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.models import Canvas, Comment, Manifest, ManifestCanvas, State, permanent_key
from iiifsearch.index.everything import index_everything
from tests.pictures import keep_picture, picture

CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
Said = tuple[str, dict[str, Any]]


class Gallery:
    """``hang`` makes a painting with its manifest; ``index`` makes it findable."""

    def __init__(self) -> None:
        self.hung = 0

    def hang(
        self,
        title: str,
        *said: str | Said,
        state: State = State.PUBLISHED,
        manifest_state: State = State.PUBLISHED,
        seed: int | None = None,
        jpeg: bytes = b"",
        kept: bool = True,
        statement: dict[str, Any] | None = None,
        **more: Any,
    ) -> Canvas:
        """``said``: what is said of it, as text or as (text, fields of the comment). ``jpeg``: its
        picture, else one of ``seed``."""
        self.hung += 1
        uri = f"https://museum.example/{self.hung}"
        manifest = Manifest.objects.create(
            key=permanent_key("manifest", uri),
            uri=f"{uri}/manifest",
            url=f"{uri}/manifest",
            version=3,
            title=title,
            label={"en": [title]},
            rights=more.pop("rights", CC0),
            required_statement=statement,
            homepage=more.pop("homepage", []),
            raw={"id": f"{uri}/manifest", "type": "Manifest", "items": []},
            content_hash="0" * 64,
            harvested_at=timezone.now(),
            state=manifest_state,
        )
        size = {"width": 800, "height": 600} | more
        canvas = Canvas.objects.create(
            key=permanent_key("canvas", uri),
            uri=uri,
            raw_id=f"{uri}/canvas",
            title=title,
            state=state,
            **size,
        )
        ManifestCanvas.objects.create(canvas=canvas, manifest=manifest, position=0)
        texts: list[Said] = [(title, {"origin": "label", "language": "en"})]
        texts += [(text, {}) if isinstance(text, str) else text for text in said]
        for number, (text, fields) in enumerate(texts):
            values = {"origin": "annotation", "language": "en", "manifest": manifest} | fields
            key = permanent_key(uri, str(number))
            Comment.objects.create(canvas=canvas, key=key, body=text, **values)
        if kept:
            keep_picture(canvas, jpeg or picture(seed or self.hung))
        return canvas

    def index(self) -> None:
        index_everything()


@pytest.fixture
def gallery(db: None, settings: Any, tmp_path: Path) -> Gallery:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    cache.clear()  # how many pictures a test's visitor has sent
    return Gallery()


EVERY_FEATURE = (
    *("efficientnet-lite0", "colour", "colour-structure", "colour-layout", "edge-histogram"),
    *("texture", "lbp", "hog", "palette"),
)


@pytest.fixture
def every_feature(settings: Any) -> None:
    """Everything that a museum would have looked at is live."""
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": EVERY_FEATURE}
