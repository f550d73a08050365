from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", include("iiifsearch.admin.urls")),
    path("admin/", admin.site.urls),
    path("", include("iiifsearch.app_urls")),
]
