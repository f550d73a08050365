"""The catalogue's pages for curators: harvesting, publishing, commenting, collecting.

One file a subject; importing this package registers them all.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.admin import (
    canvases,
    collections,
    comments,
    hosts,
    items,
    manifests,
    members,
    pictures,
    runs,
    sources,
)

__all__ = [
    "canvases",
    "collections",
    "comments",
    "hosts",
    "items",
    "manifests",
    "members",
    "pictures",
    "runs",
    "sources",
]

admin.site.site_header = "iiifsearch"
admin.site.site_title = "iiifsearch"
admin.site.index_title = _("Administration")
