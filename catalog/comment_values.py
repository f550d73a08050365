"""What a comment by people may say: its words, limits and columns.

Motivations are those of the Web Annotation Vocabulary, section 3.5; a region is (x, y, w, h) in
canvas units, None for the whole canvas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.geometry import parse_xywh
from catalog.iiif.html import plain_text, sanitise
from catalog.models import Canvas, Comment, Picture, State

Region = tuple[int, int, int, int]

PLAIN, HTML = "text/plain", "text/html"
FORMATS = {PLAIN: _("plain text"), HTML: _("HTML")}
MOTIVATIONS = {
    "commenting": _("commenting"),
    "describing": _("describing"),
    "tagging": _("tagging"),
    "identifying": _("identifying"),
    "classifying": _("classifying"),
    "questioning": _("questioning"),
    "assessing": _("assessing"),
    "linking": _("linking"),
    "replying": _("replying"),
    "bookmarking": _("bookmarking"),
    "editing": _("editing"),
    "highlighting": _("highlighting"),
    "moderating": _("moderating"),
}
#: A withdrawn comment, or one that is gone, is nothing that anybody writes.
STATES = {State.PUBLISHED.value: State.PUBLISHED.label, State.DRAFT.value: State.DRAFT.label}

#: Characters of a text, of a name or label, and of a licence's URI.
LONGEST_TEXT = 100_000
LONGEST_NAME = 500
LONGEST_URI = 2000
#: What the columns of a region hold.
LARGEST_NUMBER = 2**31 - 1

#: What BCP 47 (RFC 5646, section 2.1) calls well-formed, without its irregular tags.
_LANGUAGE = re.compile(r"(?=.{2,35}$)(?:[A-Za-z]{2,8}|[xX](?=-))(?:-[A-Za-z0-9]{1,8})*")
#: What Postgres cannot store.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")

#: The columns of a comment that say something; the order of what a log entry names.
SAID = (
    *("body", "html", "motivation", "language", "rights", "label", "state", "creator", "created"),
    *("x", "y", "w", "h"),
)


class CommentProblem(ValueError):
    """It cannot be said so. ``problems``: a sentence for each argument of `write` that is at
    fault; "canvas" for what is the matter with the painting."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


def checked(
    text: str,
    *,
    format: str = PLAIN,
    motivation: str = "commenting",
    language: str = "",
    rights: str = "",
    region: Region | None = None,
    state: str = State.PUBLISHED,
    label: str = "",
    creator: str = "",
    created: datetime | None = None,
    within: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """The columns of a comment that says this. ``within``: (width, height) of the canvas in canvas
    units, None where nobody knows. Raises CommentProblem with everything that is wrong."""
    problems: dict[str, str] = {}
    named = {"text": text, "language": language, "rights": rights, "label": label}
    for name, value in (named | {"creator": creator}).items():
        longest = LONGEST_TEXT if name == "text" else LONGEST_NAME
        if _UNSTORABLE.search(value):
            problems[name] = gettext("It holds characters that cannot be stored, such as NUL.")
        elif len(value) > longest and name != "rights":
            told = {"length": f"{len(value):,}", "most": f"{longest:,}"}
            problem = gettext("It has %(length)s characters; %(most)s are the most.")
            problems[name] = problem % told
    text = _LINE_END.sub("\n", text).strip()
    body, html = text, ""
    if format not in FORMATS:
        problems["format"] = _one_of(format, FORMATS)
    elif "text" not in problems:
        if format == HTML:
            body, html = plain_text(text), sanitise(text)
        if not body:
            problems["text"] = gettext("The comment says nothing: write a text.")
    if motivation not in MOTIVATIONS:
        problems["motivation"] = _one_of(motivation, MOTIVATIONS)
    if state not in STATES:
        problems["state"] = _one_of(state, STATES)
    if language and not _LANGUAGE.fullmatch(language):
        text_ = gettext("%(tag)s is no language tag (BCP 47): such as en, de or pt-BR.")
        problems.setdefault("language", text_ % {"tag": repr(language[:40])})
    if rights and not _is_uri(rights):
        problems["rights"] = gettext(
            "A licence is named by its address, such as "
            "https://creativecommons.org/licenses/by/4.0/."
        )
    if problem := _problem_of(region, within):
        problems["region"] = problem
    if problems:
        raise CommentProblem(problems)
    box: Sequence[int | None] = (None,) * 4 if region is None else region
    said = {"body": body, "html": html, "motivation": motivation, "language": language}
    said |= {"rights": rights, "label": label.strip(), "state": state}
    return (
        said
        | {"creator": creator.strip(), "created": created}
        | dict(zip("xywh", box, strict=True))
    )


def values_of(comment: Comment) -> dict[str, Any]:
    """What a comment says, by the names that `checked` takes."""
    box = (comment.x, comment.y, comment.w, comment.h)
    return {
        "text": comment.html or comment.body,
        "format": HTML if comment.html else PLAIN,
        "region": None if None in box else box,
        **{
            name: getattr(comment, name)
            for name in ("motivation", "language", "rights", "label", "state", "creator", "created")
        },
    }


def size_of(canvas: Canvas) -> tuple[int, int] | None:
    """(width, height) in canvas units; where the source gave none, of the kept picture, which is
    what is published then. None where neither is known."""
    if canvas.width and canvas.height:
        return canvas.width, canvas.height
    picture: Picture | None = getattr(canvas, "picture", None)
    if picture is None or not picture.sha256 or not picture.width or not picture.height:
        return None
    return picture.width, picture.height


def read_region(text: str, within: tuple[int, int] | None) -> Region | None:
    """``x,y,w,h``, ``xywh=…`` or a percentage as whole canvas units, rounded outwards; None for "".

    Raises CommentProblem where it is none of these.
    """
    if not text.strip():
        return None
    rect = parse_xywh(text, within) if len(text) <= LONGEST_NAME else None
    if rect is None:
        told = gettext("%(text)s is no region: x,y,width,height in canvas units is wanted.")
        raise CommentProblem({"region": told % {"text": repr(text[:80])}})
    return rect.rounded_out()


def name_of(author: Any) -> str:
    """As whom an author is known; "" where there is none."""
    return "" if author is None else author.get_full_name() or author.get_username()


def _problem_of(region: Region | None, within: tuple[int, int] | None) -> str:
    if region is None:
        return ""
    x, y, w, h = region
    if min(x, y) < 0:
        return gettext("The region begins left of the canvas, or above it.")
    if w <= 0 or h <= 0:
        return gettext("Width and height of a region are greater than 0.")
    right, bottom = within or (LARGEST_NUMBER, LARGEST_NUMBER)
    if x + w > right or y + h > bottom:
        text = gettext("The region leaves the canvas, which is %(width)d × %(height)d units.")
        return text % {"width": right, "height": bottom}
    return ""


def _is_uri(text: str) -> bool:
    if len(text) > LONGEST_URI or re.search(r"[\s<>\"\\^`{|}]", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that opens no IPv6 address
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _one_of(value: str, known: dict[str, Any]) -> str:
    text = gettext("%(value)s is not known here. Known: %(known)s.")
    return text % {"value": repr(value[:80]), "known": ", ".join(known)}
