"""Pages under ``admin/`` that belong to no model; to be included before ``admin.site.urls``."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from iiifsearch.admin import (
    api_tokens,
    class_views,
    decisions,
    exports,
    filling,
    journal,
    looking_after,
    ruling,
    signing_in,
    tag_views,
    views,
)


def _page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    """For who is signed in to the admin; the view asks for permissions."""
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    _page("classes/", class_views.classes, "admin_classes"),
    _page("classes/<slug:key>/", class_views.one_class, "admin_class"),
    _page("collections/<int:pk>/rule/", ruling.rule, "admin_collection_rule"),
    _page("decisions/<int:pk>/undo/", decisions.undo, "admin_undo"),
    _page("exports/", exports.exports, "admin_exports"),
    _page("exports/vectors.<slug:form>", exports.vectors, "admin_export_vectors"),
    _page("exports/<slug:subject>.<slug:form>", exports.export, "admin_export"),
    _page("fill/", filling.fill, "admin_fill"),
    _page("index-state/", views.index_state, "admin_index_state"),
    _page("index-state/builds/", looking_after.builds, "admin_index_builds"),
    _page("index-state/retry/", looking_after.retry, "admin_index_retry"),
    _page("index-state/build/<str:key>/", looking_after.build, "admin_index_build"),
    _page("index-state/drop/<str:key>/", looking_after.drop, "admin_index_drop"),
    _page("journal/", journal.journal, "admin_journal"),
    _page("tags/", tag_views.guessed_tags, "admin_tags"),
    _page("token/", api_tokens.own_tokens, "admin_tokens"),
    # It looks itself who may: also somebody who is half signed in, and must set up an app.
    path("two-factor/", signing_in.two_factor, name="admin_two_factor"),
]
