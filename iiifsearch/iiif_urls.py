"""What is published as IIIF. The paths are those of ``presentation.public_urls``."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from iiifsearch.content_search import views as content_search
from iiifsearch.presentation import views as presentation


def _services() -> list[URLPattern]:
    found = []
    views: dict[str, Callable[..., HttpResponseBase]] = {
        "search": content_search.search,
        "autocomplete": content_search.autocomplete,
    }
    for name, view in views.items():
        for version in (1, 2):
            fixed: dict[str, Any] = {"version": version}
            for kind in ("manifest", "collection"):
                route = f"{name}/{version}/{kind}/<str:key>"
                found.append(path(route, view, fixed | {"kind": kind}))
            found.append(path(f"{name}/{version}/library", view, fixed | {"kind": "library"}))
    return found


urlpatterns = [
    path("manifest/<str:key>", presentation.manifest, name="manifest"),
    path("collection/<str:key>", presentation.collection_view, name="collection"),
    path(
        "collection/<str:key>/versions",
        presentation.collection_versions,
        name="collection_versions",
    ),
    path(
        "collection/<str:key>/versions/<int:number>",
        presentation.collection_version,
        name="collection_version",
    ),
    path("painting/<str:key>/manifest", presentation.painting_manifest, name="painting_manifest"),
    path("annotation/<str:key>", presentation.annotation, name="annotation"),
    path("annotations/<str:key>", presentation.annotation_page, name="annotations"),
    path("annotations/<str:key>/2", presentation.annotation_page, {"version": 2}),
    path("embeddings/<str:key>", presentation.embeddings, name="embeddings"),
    path("likeness/<str:query>/<str:hit>", presentation.likeness, name="likeness"),
    path("shown/<str:hit>/<path:text>", presentation.shown, name="shown"),
    path("thumbnail/<str:key>.jpg", presentation.thumbnail, name="thumbnail"),
    path("activity/all-changes", presentation.activities, name="activities"),
    path("activity/page/<int:number>", presentation.activity_page, name="activity_page"),
    *_services(),
]
