"""The Content Search services, both versions: parse, find, write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse

from catalog.models import Collection, Manifest, State
from iiifsearch.content_search import responses1, responses2
from iiifsearch.content_search.autocomplete import complete
from iiifsearch.content_search.find import find
from iiifsearch.content_search.paging import ResultPage, service_link
from iiifsearch.content_search.params import AutocompleteParams, SearchParams
from iiifsearch.content_search.terms import Term, term_list_1, term_page_2
from iiifsearch.engine.scope import Scope
from iiifsearch.metrics.measures import stage
from iiifsearch.presentation.responses import iiif_json, open_to_all
from iiifsearch.records import urls
from iiifsearch.throttles import PictureThrottle, check, throttled

Kind = Literal["manifest", "collection", "library"]
Write = Callable[[ResultPage], dict[str, Any]]
WRITERS: dict[int, Write] = {1: responses1.search_list, 2: responses2.search_page}


@open_to_all
@throttled
def search(request: HttpRequest, version: Literal[1, 2], kind: Kind, key: str = "") -> HttpResponse:
    params = SearchParams.parse(request.GET)
    if params.resource is not None and params.resource.fragment:
        check(request, PictureThrottle)  # a region is read anew, perhaps from its museum
    page = find(
        params,
        scope_of(kind, key),
        service_url=urls().search(version, kind, key or None),
        cross_manifest=kind != "manifest",
    )
    with stage("writing"):
        written = WRITERS[version](page)
    return iiif_json(request, written)


@open_to_all
@throttled
def autocomplete(
    request: HttpRequest, version: Literal[1, 2], kind: Kind, key: str = ""
) -> HttpResponse:
    params = AutocompleteParams.parse(request.GET)
    service = urls().search(version, kind, key or None)
    terms = [
        Term(word, count, service_link(service, {"q": word}))
        for word, count in complete(params.q, scope_of(kind, key), minimum=params.minimum)
    ]
    write = term_list_1 if version == 1 else term_page_2
    url = urls().autocomplete(version, kind, key or None)
    return iiif_json(request, write(url, dict(params.query), terms, params.ignored))


def scope_of(kind: Kind, key: str) -> Scope:
    """The scope of a service. Raises Http404 for what is not there or not public."""
    if kind == "manifest":
        return Scope(manifest_id=_public_id(Manifest, key))
    if kind == "collection":
        return Scope(collection_id=_public_id(Collection, key))
    return Scope()


def _public_id(model: type[Manifest] | type[Collection], key: str) -> int:
    pk = model._default_manager.filter(key=key, state=State.PUBLISHED).values_list("pk", flat=True)
    if not pk:
        raise Http404(f"No {model._meta.verbose_name} with the key {key!r} is published here.")
    return int(pk[0])
