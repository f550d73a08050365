"""A painting's page as a reference in somebody's text."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format

from iiifsearch.conf import options
from iiifsearch.pages.cards import title_of
from iiifsearch.pages.wording import accessed
from iiifsearch.records import Record, urls


def citation(record: Record, on: date) -> str:
    """Maker, title and date of the work as far as they are known; the library, the page's address,
    and the day ``on`` which it was read. In the order of the Chicago Manual of Style for works of
    art that are seen online."""
    work = ", ".join(filter(None, (record.maker, title_of(record), record.date)))
    address = urls().painting(record.canvas.key)
    day = accessed(date_format(on, "DATE_FORMAT"))
    return f"{work.removesuffix('.')}. {options.site_name}, {address}, {day}."
