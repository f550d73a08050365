"""Everything that this app serves: what another project includes."""

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from iiifsearch import health
from iiifsearch.metrics.views import metrics

urlpatterns = [
    path("api/", include("iiifsearch.api.urls")),
    path("iiif/", include("iiifsearch.iiif_urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics, name="metrics"),
    # A token against forged requests would be a cookie for everybody who only looks; and all that
    # somebody could forge is the language of a page.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    path("", include("iiifsearch.pages.urls")),
]
