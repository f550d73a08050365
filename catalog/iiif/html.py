"""The little HTML that IIIF allows in descriptive texts.

Source: Presentation API 3.0, section 4.1.1 ("HTML Markup in Property Values").
"""

from __future__ import annotations

import html as entities
import re

import nh3

#: The elements that section 4.1.1 names, and no others.
ALLOWED_TAGS = frozenset({"a", "b", "br", "i", "img", "p", "small", "span", "sub", "sup"})
_ALLOWED_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
_ALLOWED_SCHEMES = {"http", "https", "mailto"}

_LINK = re.compile(r"\s*(?:https?://|mailto:)", re.IGNORECASE)
_ELEMENT = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_LINE_BREAK = re.compile(r"<br\b[^<>]*>|</?(?:p|div|li|tr|h[1-6]|ul|ol|table|dd|dt)\b[^<>]*>", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")


def sanitise(html: str) -> str:
    """``html`` safe to show: only the allowed elements, ``href``, ``src``, ``alt``, http(s) URLs.

    A text without any element is plain text and comes back escaped, so that the answer is
    always HTML. Texts that hold an element without beginning and ending in one are taken for
    HTML although the specification would not: many publishers write so.
    """
    html = _SURROGATE.sub("\ufffd", html)
    if not _ELEMENT.search(html):
        # Resolved first: publishers write "&amp;" in plain texts as well.
        return entities.escape(entities.unescape(html))
    return nh3.clean(
        html,
        tags=set(ALLOWED_TAGS),
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes=_ALLOWED_SCHEMES,
        # A relative link of theirs would lead into our own site.
        attribute_filter=lambda _tag, name, value: (
            value if name not in ("href", "src") or _LINK.match(value) else None
        ),
        link_rel="noopener noreferrer",
    )


def plain_text(html: str) -> str:
    """The words of ``html``: no elements, entities resolved, white space collapsed.

    What ``script`` and ``style`` hold is no words. Line-breaking elements become spaces.
    """
    html = _SURROGATE.sub("\ufffd", html)
    if _ELEMENT.search(html):
        html = nh3.clean(_LINE_BREAK.sub(" ", html), tags=set())
    return " ".join(entities.unescape(html).split())
