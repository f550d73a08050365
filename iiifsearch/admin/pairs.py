"""How a pair of canvases is shown: two pictures, what the records say, how sure verification is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.admin.display import (
    EMPTY,
    change_url,
    link,
    metadata_rows,
    moment,
    pill,
    shortened,
    thumbnail,
)
from catalog.iiif.facts import fold
from catalog.models import Canvas
from iiifsearch.models import Duplicate

Decision = Duplicate.Decision

#: Colours of the pills, by decision.
_COLOURS = {Decision.OPEN: "waiting", Decision.UNRELATED: "cancelled"}
#: Labels of the metadata row that says how large a work is, folded.
_SIZES = frozenset(
    (
        *("dimensions", "dimension", "size", "measurements", "physical dimensions", "extent"),
        *("masse", "abmessungen", "grosse", "format", "dimensioni", "misure", "dimensiones"),
        *("afmetingen", "taille", "medidas"),
    )
)


@dataclass(frozen=True)
class Fact:
    """A row of the comparison. ``differs``: both are known, and are not the same."""

    label: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        one, other = (" ".join(text.split()).casefold() for text in (self.first, self.second))
        return bool(one and other and one != other)


def facts(first: Canvas, second: Canvas) -> list[Fact]:
    """What the records of both say, row by row; rows of which neither says anything are left
    out."""
    rows = (
        (gettext("title"), [canvas.title for canvas in (first, second)]),
        (gettext("maker"), [canvas.maker for canvas in (first, second)]),
        (gettext("date"), [canvas.date_text for canvas in (first, second)]),
        (gettext("technique"), [canvas.technique for canvas in (first, second)]),
        (gettext("type"), [canvas.object_type for canvas in (first, second)]),
        (gettext("size"), [_size(canvas) for canvas in (first, second)]),
        (gettext("picture"), [_pixels(canvas) for canvas in (first, second)]),
        (gettext("source"), [_source(canvas) for canvas in (first, second)]),
        (gettext("rights"), [_rights(canvas) for canvas in (first, second)]),
        (gettext("state"), [str(canvas.get_state_display()) for canvas in (first, second)]),
    )
    return [Fact(label, *values) for label, values in rows if any(values)]


def _size(canvas: Canvas) -> str:
    """Of the work itself, as its record has it."""
    rows = metadata_rows(canvas.metadata)
    if canvas.home:
        rows += metadata_rows(canvas.home.metadata)
    return next((text for label, text in rows if fold(label) in _SIZES), "")


def _pixels(canvas: Canvas) -> str:
    picture = getattr(canvas, "picture", None)
    if picture is None or not picture.sha256:
        return ""
    return gettext("%(width)s × %(height)s pixels are kept") % {
        "width": picture.width,
        "height": picture.height,
    }


def _source(canvas: Canvas) -> str:
    """Who publishes it: the provider's name, else the host."""
    if canvas.home is None:
        return ""
    statement = canvas.required_statement or canvas.home.required_statement or {}
    rows = metadata_rows([statement])
    return next((text for _, text in rows if text), "") or canvas.home.url.split("/")[2:3][0]


def _rights(canvas: Canvas) -> str:
    return canvas.rights or (canvas.home.rights if canvas.home else "")


# -- pictures -----------------------------------------------------------------------------------


def kept(canvas: Canvas) -> bool:
    picture = getattr(canvas, "picture", None)
    return picture is not None and bool(picture.sha256)


def picture_url(canvas: Canvas) -> str:
    """Of the kept picture; "" where there is none."""
    return reverse("admin:catalog_canvas_picture", args=[canvas.pk]) if kept(canvas) else ""


def small(canvas: Canvas) -> SafeString:
    return thumbnail(canvas.pk if kept(canvas) else None)


def large(canvas: Canvas) -> SafeString:
    url = picture_url(canvas)
    if not url:
        return thumbnail(None)
    return format_html('<img class="painting" src="{}" alt="{}">', url, str(canvas))


def names(row: Duplicate) -> SafeString:
    return format_html("{}<br>{}", str(row.first), str(row.second))


def large_pair(row: Duplicate) -> SafeString:
    """Both pictures, with the outline of the first in the second."""
    return side_by_side(row, [large(row.first), large(row.second)], row.outline)


def side_by_side(row: Duplicate, pictures: Sequence[SafeString], outline: Any = None) -> SafeString:
    """Both canvases; ``outline``: drawn on the second one."""
    canvases = [
        {
            "picture": picture,
            "name": link(change_url(Canvas, canvas.pk), shortened(str(canvas))),
            "maker": canvas.maker,
            "state": pill(canvas.state, canvas.get_state_display()),
        }
        for canvas, picture in zip((row.first, row.second), pictures, strict=True)
    ]
    if outline:
        canvases[1]["outline"] = " ".join(f"{100 * x:.2f},{100 * y:.2f}" for x, y in outline)
    return SafeString(
        render_to_string("admin/iiifsearch/duplicate/pair.html", {"canvases": canvases})
    )


# -- in words -----------------------------------------------------------------------------------


def sureness(row: Duplicate) -> SafeString:
    """What verification says; who nobody measured says so."""
    if row.probability is None:
        return format_html('<span class="quiet">{}</span>', gettext("not measured"))
    mirrored = pill("running", gettext("mirrored")) if row.mirrored else ""
    places = gettext("%(n)d places agree") % {"n": row.inliers or 0}
    sure = percent(row.probability)
    return format_html("<strong>{}</strong><br>{}<br>{}", sure, places, mirrored)


def percent(probability: float) -> str:
    """Never 100 %: nobody is as sure as that."""
    if probability > 0.999:
        return gettext("over 99.9 %%") % ()
    return f"{100 * probability:.1f} %"


def decision(row: Duplicate) -> SafeString:
    """The verdict, whether a picture is another one by now, who decided when, and what is noted."""
    said = [pill(_COLOURS.get(Decision(row.decision), "done"), row.get_decision_display())]
    if row.changed:
        said.append(pill("waiting", gettext("a picture changed since")))
    told = [format_html_join(" ", "{}", ((one,) for one in said))]
    if row.decision:
        who = row.decided_by.get_username() if row.decided_by else EMPTY
        told.append(format_html("{}, {}", who, moment(row.decided_at)))
    if row.note:
        told.append(format_html('<span class="quiet">{}</span>', shortened(row.note, 200)))
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in told))
