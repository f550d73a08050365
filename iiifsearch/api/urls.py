from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from iiifsearch.api import (
    collections,
    comments,
    decisions,
    duplicates,
    exports,
    library,
    me,
    searching,
    suggestions,
    views,
)

urlpatterns = [
    path("manifests/", views.Manifests.as_view(), name="api-manifests"),
    path("runs/", views.Runs.as_view(), name="api-runs"),
    path("runs/<int:pk>/", views.Run.as_view(), name="api-run"),
    path("runs/<int:pk>/pause/", views.Pause.as_view(), name="api-run-pause"),
    path("runs/<int:pk>/resume/", views.Resume.as_view(), name="api-run-resume"),
    path("runs/<int:pk>/cancel/", views.Cancel.as_view(), name="api-run-cancel"),
    path("runs/<int:pk>/retry/", views.Retry.as_view(), name="api-run-retry"),
    path("collections/", collections.Collections.as_view(), name="api-collections"),
    path(
        "collections/<str:key>/canvases/",
        collections.CollectionCanvases.as_view(),
        name="api-collection-canvases",
    ),
    path(
        "collections/<str:key>/export/",
        exports.CollectionExport.as_view(),
        name="api-collection-export",
    ),
    path("library/", library.Library.as_view(), name="api-library"),
    path("search/", searching.Search.as_view(), name="api-search"),
    path("similar/", searching.Similar.as_view(), name="api-similar"),
    path("recognise/", searching.Recognise.as_view(), name="api-recognise"),
    path("duplicates/", duplicates.Duplicates.as_view(), name="api-duplicates"),
    path("duplicates/decisions/", decisions.Verdicts.as_view(), name="api-duplicates-decisions"),
    path("decisions/<int:pk>/undo/", decisions.Undo.as_view(), name="api-undo"),
    path("suggestions/", suggestions.Suggestions.as_view(), name="api-suggestions"),
    path("comments/", comments.Comments.as_view(), name="api-comments"),
    path("comments/<str:key>/", comments.OneComment.as_view(), name="api-comment"),
    path("me/", me.Me.as_view(), name="api-me"),
    path(
        "suggestions/decisions/", suggestions.Decisions.as_view(), name="api-suggestion-decisions"
    ),
    path("random/", searching.Random.as_view(), name="api-random"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
