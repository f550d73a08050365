"""What can go wrong on a page, told so that a visitor knows what to do next."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.decode import PictureError
from catalog.http import FetchError
from iiifsearch.engine.query import BadQuery
from iiifsearch.engine.recognise import SwitchedOff
from iiifsearch.pages.asked import BadAsk
from iiifsearch.pages.collections import UnknownCollection
from iiifsearch.pages.searching import UnknownPainting
from iiifsearch.pages.told import told
from ml.errors import EncoderNotReady, MLError

log = logging.getLogger(__name__)


class TooOften(Exception):
    """More pictures were to be looked at in a while than one visitor may have looked at."""


@dataclass(frozen=True)
class Problem:
    """``about``: the field of the form that it is about, "" for none. ``operator``: for whoever
    runs the site. ``retry_after``: seconds, 0 where waiting does not help."""

    status: int
    title: str
    text: str
    about: str = ""
    operator: str = ""
    retry_after: int = 0


#: What `problem_of` can tell of.
PROBLEMS = (
    *(PictureError, FetchError, BadAsk, BadQuery, SwitchedOff),
    *(UnknownPainting, UnknownCollection, TooOften, MLError),
)


def problem_of(error: Exception) -> Problem:
    if isinstance(error, PictureError):
        return Problem(
            400,
            _("This file cannot be searched with"),
            _("%(reason)s Choose a photograph or a scan as JPEG, PNG, WebP, GIF or TIFF.")
            % {"reason": told(str(error))},
            about="picture",
        )
    if isinstance(error, FetchError):
        return Problem(
            400,
            _("This address cannot be searched with"),
            _(
                "%(url)s: %(reason)s. The address of an image itself is wanted, not of a page that "
                "shows it; or save the picture and send the file."
            )
            % {"url": error.url, "reason": told(error.reason).removesuffix(".")},
            about="url",
        )
    if isinstance(error, BadAsk):
        return Problem(400, _("This cannot be looked for"), error.args[0])
    if isinstance(error, BadQuery):
        return Problem(400, _("This cannot be looked for"), told(str(error)))
    if isinstance(error, SwitchedOff):
        text = _("Which painting a picture shows cannot be told here; look for paintings like it.")
        return Problem(400, _("This cannot be looked for"), text, operator=str(error))
    if isinstance(error, UnknownCollection):
        return Problem(404, _("No such collection"), str(error))
    if isinstance(error, UnknownPainting):
        return Problem(
            404,
            _("This painting is not here"),
            _(
                "%(reason)s It may have been withdrawn, or the address was cut short. Search for "
                "it by its title or its maker."
            )
            % {"reason": error},
        )
    if isinstance(error, TooOften):
        return Problem(
            429,
            _("That was quick"),
            _("Many pictures were looked at for your address. Wait a minute and try again."),
            about="picture",
            retry_after=60,
        )
    log.error("A visitor was turned away: %s", error)
    not_ready = isinstance(error, EncoderNotReady)
    operator = "Run manage.py encoders." if not_ready else "The server's log tells why."
    return Problem(
        503,
        _("The search is not ready yet"),
        _("Its models are still being prepared. Try again in a few minutes."),
        operator=operator,
        retry_after=120,
    )
