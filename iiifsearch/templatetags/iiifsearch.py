"""What every page shows of the installation, error pages included."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template import Context

from iiifsearch import languages
from iiifsearch.conf import options
from iiifsearch.pages.picking import Picking, picking_of
from iiifsearch.records import urls

register = template.Library()


@register.simple_tag
def site() -> dict[str, Any]:
    """The site's name, the language of its texts and what else it offers, and the addresses of its
    machine interfaces."""
    return {
        "name": options.site_name,
        "language": languages.shown(),
        "languages": languages.offered(),
        "collection": urls().collection(),
        "search_1": urls().search(1, "library"),
        "search_2": urls().search(2, "library"),
        # By its path: a page asks the server that it came from, whatever name that has.
        "autocomplete": urlsplit(urls().autocomplete(2, "library")).path,
    }


@register.simple_tag(takes_context=True)
def picking(context: Context, address: str = "", total: int = 0) -> Picking | None:
    """What curators pick paintings with; None for everybody else (`iiifsearch.pages.picking`)."""
    return picking_of(context.get("request"), address, total)


@register.simple_tag
def language_shown() -> languages.Language:
    """For pages that know nothing else of the site."""
    return languages.shown()
