"""How things are shown on more than one page: pictures, links, states, texts in languages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db import models
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, strip_tags
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from catalog.conf import options
from catalog.iiif.language import best

#: What stands where there is nothing to show.
EMPTY = "–"


def change_url(model: type[models.Model], pk: Any) -> str:
    return reverse(admin_urlname(model._meta, SafeString("change")), args=[pk])


def list_url(model: type[models.Model], **filters: Any) -> str:
    """The changelist of ``model``, filtered."""
    url = reverse(admin_urlname(model._meta, SafeString("changelist")))
    return f"{url}?{urlencode(filters)}" if filters else url


def link(url: str, text: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)


def external_link(url: str, text: Any = "") -> SafeString:
    """A link out of the admin; what is no web address (a URN) stays plain text."""
    if not url.startswith(("http://", "https://", "/")):
        return format_html("{}", text or url)
    return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', url, text or url)


def pill(value: str, text: Any) -> SafeString:
    """A state that catches the eye; ``value`` chooses the colour (admin/catalog/style.html)."""
    return format_html('<span class="pill pill-{}">{}</span>', value, text)


def number(count: int | float) -> str:
    """1,234,567: numbers here grow long."""
    return f"{count:,}"


def shortened(text: str, length: int = 90) -> str:
    """A name for a list: URLs stand for names that are not known, and they are long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def moment(at: datetime | None) -> str:
    return EMPTY if at is None else date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def clock(at: datetime) -> str:
    """The time of day, with the day where that is not today."""
    local = timezone.localtime(at)
    today = local.date() == timezone.localdate()
    return date_format(local, "H:i" if today else "j M, H:i")


def about(seconds: float) -> str:
    """A span of time in words, as exactly as anybody can tell."""
    if seconds < 50:
        return gettext("less than a minute")
    if seconds < 5400:
        count = _at_least_one(seconds / 60)
        text = ngettext("about %(count)s minute", "about %(count)s minutes", count)
    elif seconds < 129_600:
        count = _at_least_one(seconds / 3600)
        text = ngettext("about %(count)s hour", "about %(count)s hours", count)
    else:
        count = _at_least_one(seconds / 86_400)
        text = ngettext("about %(count)s day", "about %(count)s days", count)
    return text % {"count": number(count)}


def _at_least_one(units: float) -> int:
    return max(1, round(units))


def thumbnail(canvas_id: int | None) -> SafeString:
    """The kept thumbnail of a canvas; an empty frame where none is kept (None).

    The title stands beside it in every list, so its alternative text says no more than what it is:
    a list may make a link of it, which needs a name.
    """
    if canvas_id is None:
        return format_html('<span class="thumb thumb-none">{}</span>', gettext("no picture yet"))
    url = reverse("admin:catalog_canvas_thumbnail", args=[canvas_id])
    named = gettext("picture")
    return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', url, named)


def published_link(name: str, *args: Any) -> SafeString | str:
    """To where something is published under its permanent key; EMPTY where nobody publishes it."""
    try:
        return external_link(reverse(name, args=args))
    except NoReverseMatch:
        return EMPTY


def metadata_rows(metadata: Any) -> list[tuple[str, str]]:
    """Harvested metadata as label and text, in the languages that are shown here."""
    rows = []
    for entry in metadata if isinstance(metadata, list) else []:
        if isinstance(entry, dict):
            label, value = (best(entry.get(k) or {}, options.languages) for k in ("label", "value"))
            rows.append((strip_tags(label), strip_tags(value)))
    return rows


def metadata_table(metadata: Any) -> SafeString:
    return render_to_string("admin/catalog/metadata.html", {"rows": metadata_rows(metadata)})


def warnings_table(warnings: Any) -> SafeString:
    """What a harvest found odd, as it was recorded: code, message and path."""
    found = warnings if isinstance(warnings, list) else []
    rows = [row for row in found if isinstance(row, dict)]
    return render_to_string("admin/catalog/warnings.html", {"warnings": rows})
