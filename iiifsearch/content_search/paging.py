"""One page of an answer, and the addresses of the others.

Pure. Page links repeat every parameter of the query; the first page bears no ``page``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from iiifsearch.content_search.annotations import FoundAnnotation

Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Page ``page`` (from 1) of all that was found.

    ``service_url`` is the id of the search service, without ``?``. ``query`` holds the parameters
    to repeat in page links. ``total`` counts annotations over all pages, after any cut; what was
    cut, ``notices`` tells in words. ``ignored`` names parameters that were not obeyed.
    ``cross_manifest`` is True where canvases may lie in several manifests.

    An annotation found twice is listed once, with the quotes of both (2.0 section 4.3.3).
    """

    service_url: str
    query: Query
    items: tuple[FoundAnnotation, ...]
    page: int = 1
    page_size: int = 20
    total: int = 0
    ignored: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    cross_manifest: bool = False

    def __post_init__(self) -> None:
        if "?" in self.service_url or "#" in self.service_url:
            raise ValueError(f"The id of a service holds neither ? nor #: {self.service_url!r}")
        if self.page < 1 or self.page_size < 1 or self.total < 0:
            raise ValueError("Pages and their size count from 1, totals from 0.")
        object.__setattr__(self, "items", _once(self.items))

    @property
    def page_count(self) -> int:
        """At least 1: a search that found nothing has one empty page."""
        return max(1, -(-self.total // self.page_size))

    @property
    def is_paged(self) -> bool:
        return self.page_count > 1 or self.page > 1

    @property
    def start_index(self) -> int:
        """Position of this page's first annotation among all, from 0."""
        return (self.page - 1) * self.page_size

    @property
    def url(self) -> str:
        """The id of this page."""
        return self.page_url(self.page)

    @property
    def first(self) -> str:
        return self.page_url(1)

    @property
    def last(self) -> str:
        return self.page_url(self.page_count)

    @property
    def next(self) -> str | None:
        return self.page_url(self.page + 1) if self.page < self.page_count else None

    @property
    def prev(self) -> str | None:
        """The page before; for a page beyond the end, the last one there is."""
        return self.page_url(min(self.page - 1, self.page_count)) if self.page > 1 else None

    def page_url(self, page: int) -> str:
        query = {name: value for name, value in self.query.items() if name != "page"}
        if page > 1:
            query["page"] = str(page)
        return service_link(self.service_url, query)


def service_link(service_url: str, query: Query) -> str:
    """A service's URL with parameters, encoded as viewers encode them; none: the URL alone."""
    encoded = urlencode(dict(query), doseq=True)
    return f"{service_url}?{encoded}" if encoded else service_url


def _once(items: tuple[FoundAnnotation, ...]) -> tuple[FoundAnnotation, ...]:
    """A canvas shared by two manifests is found under both; ids in one page are unique."""
    seen: dict[str, FoundAnnotation] = {}
    for item in items:
        known = seen.get(item.id)
        if known is None:
            seen[item.id] = item
        elif new := tuple(quote for quote in item.quotes if quote not in known.quotes):
            seen[item.id] = replace(known, quotes=known.quotes + new)
    return tuple(seen.values())
