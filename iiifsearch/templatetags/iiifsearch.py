"""What every page shows of the installation, error pages included."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import template
from django.conf import settings

from iiifsearch.conf import options
from iiifsearch.records import urls

register = template.Library()


@register.simple_tag
def site() -> dict[str, str]:
    """The site's name, its language, and the addresses of its machine interfaces."""
    return {
        "name": options.site_name,
        "language": settings.LANGUAGE_CODE,
        "collection": urls().collection(),
        "search_1": urls().search(1, "library"),
        "search_2": urls().search(2, "library"),
        # By its path: a page asks the server that it came from, whatever name that has.
        "autocomplete": urlsplit(urls().autocomplete(2, "library")).path,
    }
