"""Pages under ``admin/`` that belong to no model; to be included before ``admin.site.urls``."""

from django.contrib import admin
from django.urls import path

from iiifsearch.admin import filling, ruling, views
from iiifsearch.admin import api_tokens, journal, signing_in, views

urlpatterns = [
    path("journal/", admin.site.admin_view(journal.journal), name="admin_journal"),
    path("token/", admin.site.admin_view(api_tokens.own_tokens), name="admin_tokens"),
    # It looks itself who may: also somebody who is half signed in, and must set up an app.
    path("two-factor/", signing_in.two_factor, name="admin_two_factor"),
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
from iiifsearch.admin import class_views, decisions, tag_views, views

urlpatterns = [
    path("classes/", admin.site.admin_view(class_views.classes), name="admin_classes"),
    path("classes/<slug:key>/", admin.site.admin_view(class_views.one_class), name="admin_class"),
    path("decisions/<int:pk>/undo/", admin.site.admin_view(decisions.undo), name="admin_undo"),
    path("index-state/", admin.site.admin_view(views.index_state), name="admin_index_state"),
    path("tags/", admin.site.admin_view(tag_views.guessed_tags), name="admin_tags"),
]
