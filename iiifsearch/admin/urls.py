"""Pages under ``admin/`` that belong to no model; to be included before ``admin.site.urls``."""

from django.contrib import admin
from django.urls import path

from iiifsearch.admin import filling, ruling, views

urlpatterns = [
    path("classes/", admin.site.admin_view(views.classes), name="admin_classes"),
    path(
        "collections/<int:pk>/rule/",
        admin.site.admin_view(ruling.rule),
        name="admin_collection_rule",
    ),
    path("fill/", admin.site.admin_view(filling.fill), name="admin_fill"),
    path("index-state/", admin.site.admin_view(views.index_state), name="admin_index_state"),
from iiifsearch.admin import decisions, pair_views, views
from iiifsearch.admin import decisions, views

wrap = admin.site.admin_view

urlpatterns = [
    path("classes/", wrap(views.classes), name="admin_classes"),
    path("decisions/<int:pk>/undo/", wrap(decisions.undo), name="admin_undo"),
    path("index-state/", wrap(views.index_state), name="admin_index_state"),
]
