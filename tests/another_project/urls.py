"""URLs of the other project: ours below a path of its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("paintings/", include("iiifsearch.app_urls")),
]
