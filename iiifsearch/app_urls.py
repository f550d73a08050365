"""Everything that this app serves: what another project includes."""

from django.urls import include, path

from iiifsearch import health

urlpatterns = [
    path("api/", include("iiifsearch.api.urls")),
    path("iiif/", include("iiifsearch.iiif_urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("", include("iiifsearch.pages.urls")),
]
