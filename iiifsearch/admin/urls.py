"""Pages under ``admin/`` that belong to no model; to be included before ``admin.site.urls``."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from iiifsearch.admin import api_tokens, journal, looking_after, signing_in, views


def _page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    """For who is signed in to the admin; the view asks for permissions."""
    return path(route, admin.site.admin_view(view), name=name)

from iiifsearch.admin import filling, ruling, views
from iiifsearch.admin import api_tokens, journal, signing_in, views
from iiifsearch.admin import exports, views

urlpatterns = [
    _page("journal/", journal.journal, "admin_journal"),
    _page("token/", api_tokens.own_tokens, "admin_tokens"),
    # It looks itself who may: also somebody who is half signed in, and must set up an app.
    path("two-factor/", signing_in.two_factor, name="admin_two_factor"),
    path("classes/", admin.site.admin_view(views.classes), name="admin_classes"),
    path(
        "collections/<int:pk>/rule/",
        admin.site.admin_view(ruling.rule),
        name="admin_collection_rule",
    ),
    path("fill/", admin.site.admin_view(filling.fill), name="admin_fill"),
    path("exports/", admin.site.admin_view(exports.exports), name="admin_exports"),
    path(
        "exports/vectors.<slug:form>",
        admin.site.admin_view(exports.vectors),
        name="admin_export_vectors",
    ),
    path(
        "exports/<slug:subject>.<slug:form>",
        admin.site.admin_view(exports.export),
        name="admin_export",
    ),
    path("index-state/", admin.site.admin_view(views.index_state), name="admin_index_state"),
from iiifsearch.admin import decisions, pair_views, views
from iiifsearch.admin import decisions, views

wrap = admin.site.admin_view

urlpatterns = [
    path("classes/", wrap(views.classes), name="admin_classes"),
    path("decisions/<int:pk>/undo/", wrap(decisions.undo), name="admin_undo"),
    path("index-state/", wrap(views.index_state), name="admin_index_state"),
from iiifsearch.admin import class_views, decisions, tag_views, views

urlpatterns = [
    path("classes/", admin.site.admin_view(class_views.classes), name="admin_classes"),
    path("classes/<slug:key>/", admin.site.admin_view(class_views.one_class), name="admin_class"),
    path("decisions/<int:pk>/undo/", admin.site.admin_view(decisions.undo), name="admin_undo"),
    path("index-state/", admin.site.admin_view(views.index_state), name="admin_index_state"),
    path("tags/", admin.site.admin_view(tag_views.guessed_tags), name="admin_tags"),
    _page("classes/", views.classes, "admin_classes"),
    _page("index-state/", views.index_state, "admin_index_state"),
    _page("index-state/builds/", looking_after.builds, "admin_index_builds"),
    _page("index-state/retry/", looking_after.retry, "admin_index_retry"),
    _page("index-state/build/<str:key>/", looking_after.build, "admin_index_build"),
    _page("index-state/drop/<str:key>/", looking_after.drop, "admin_index_drop"),
]
