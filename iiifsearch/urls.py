from django.contrib import admin
from django.urls import include, path

from iiifsearch import health

urlpatterns = [
    path("admin/", include("iiifsearch.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("iiifsearch.api.urls")),
    path("iiif/", include("iiifsearch.iiif_urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("", include("iiifsearch.pages.urls")),
]
