"""The addresses under which everything is published.

They come from a permanent key and a configured base, never from the host of a request, and
contain no ``?``: viewers append ``?q=`` to the id of a search service blindly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

SearchVersion = Literal[1, 2]
Scope = Literal["manifest", "collection", "library"]

#: Key of the collection that holds all others.
TOP = "top"


@dataclass(frozen=True, slots=True)
class PublicURLs:
    """Absolute URLs below ``base``, e.g. ``PublicURLs("https://paintings.example.org")``.

    Keys may hold any character: they are percent-encoded as one path segment each.
    """

    base: str

    def __post_init__(self) -> None:
        if not self.base.startswith(("http://", "https://")):
            raise ValueError(f"The public base URL begins with http:// or https://: {self.base!r}")
        if "?" in self.base or "#" in self.base:
            raise ValueError(f"The public base URL holds neither ? nor #: {self.base!r}")
        object.__setattr__(self, "base", self.base.rstrip("/"))

    def manifest(self, key: str) -> str:
        return self._at("iiif", "manifest", key)

    def collection(self, key: str = TOP) -> str:
        return self._at("iiif", "collection", key)

    def collection_versions(self, key: str) -> str:
        """The list of what a curated collection was, each time that it was published."""
        return self._at("iiif", "collection", key, "versions")

    def collection_version(self, key: str, number: int) -> str:
        return self._at("iiif", "collection", key, "versions", str(number))

    def painting_manifest(self, canvas_key: str) -> str:
        """A manifest of one canvas alone, of a manifest that shows others too."""
        return self._at("iiif", "painting", canvas_key, "manifest")

    def search(self, version: SearchVersion, scope: Scope, key: str | None = None) -> str:
        """The id of a search service; ``key`` is left out for the scope "library"."""
        return self._service("search", version, scope, key)

    def autocomplete(self, version: SearchVersion, scope: Scope, key: str | None = None) -> str:
        """The id of the autocomplete service nested in the search service of the same scope."""
        return self._service("autocomplete", version, scope, key)

    def annotation(self, key: str) -> str:
        return self._at("iiif", "annotation", key)

    def annotation_page(self, canvas_key: str) -> str:
        """All annotations of one canvas, as a Presentation 3 AnnotationPage."""
        return self._at("iiif", "annotations", canvas_key)

    def annotation_list(self, canvas_key: str) -> str:
        """The same as a Presentation 2 sc:AnnotationList, for ``otherContent``."""
        return self._at("iiif", "annotations", canvas_key, "2")

    def embeddings(self, canvas_key: str) -> str:
        """The vectors of one canvas, as an AnnotationPage."""
        return self._at("iiif", "embeddings", canvas_key)

    def likeness(self, query_key: str, hit_key: str) -> str:
        """The annotation that says: this region is like that query."""
        return self._at("iiif", "likeness", query_key, hit_key)

    def shown(self, text: str, hit_key: str) -> str:
        """The annotation that says: this picture shows what that text says."""
        return self._at("iiif", "shown", hit_key, text)

    def thumbnail(self, canvas_key: str) -> str:
        return self._at("iiif", "thumbnail", canvas_key) + ".jpg"

    def activities(self) -> str:
        """The stream of what changed among manifests and collections (Change Discovery)."""
        return self._at("iiif", "activity", "all-changes")

    def activity_page(self, number: int) -> str:
        return self._at("iiif", "activity", "page", str(number))

    def painting(self, canvas_key: str) -> str:
        """The page a person sees."""
        return self._at("painting", canvas_key) + "/"

    def viewer(self, canvas_key: str) -> str:
        """The same in the viewer."""
        return self._at("painting", canvas_key, "viewer") + "/"

    def api(self) -> str:
        """Where the REST interface begins."""
        return self._at("api") + "/"

    def collection_page(self, key: str) -> str:
        """The page of a collection that a person sees."""
        return self._at("collections", key) + "/"

    def _service(self, name: str, version: int, scope: str, key: str | None) -> str:
        if version not in (1, 2):
            raise ValueError(f"Content Search has versions 1 and 2, not {version!r}.")
        if scope not in ("manifest", "collection", "library"):
            raise ValueError(f"A scope is manifest, collection or library, not {scope!r}.")
        if (scope == "library") == bool(key):
            raise ValueError(f"A key belongs to a manifest or a collection: {scope!r}, {key!r}.")
        return self._at("iiif", name, str(version), scope, *([key] if key else []))

    def _at(self, *segments: str) -> str:
        if not all(segments):
            raise ValueError(f"A key of a public URL is empty: {segments!r}.")
        return "/".join((self.base, *(quote(segment, safe="") for segment in segments)))
