from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from iiifsearch.api import views

urlpatterns = [
    path("manifests/", views.Manifests.as_view(), name="api-manifests"),
    path("runs/<int:pk>/", views.Run.as_view(), name="api-run"),
    path("search/", views.Search.as_view(), name="api-search"),
    path("similar/", views.Similar.as_view(), name="api-similar"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
