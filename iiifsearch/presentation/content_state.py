"""Content State 1.0: a link that opens a viewer at one place of one painting.

Section 5.4 ("Search Results") gives the form of a hit, section 6 the encoding. Universal Viewer
and Clover read it from the parameter ``iiif-content``; Mirador's core does not.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import quote, unquote

from catalog.geometry import Rect

#: What JavaScript's encodeURIComponent leaves as it is, beside what `quote` always leaves.
_UNRESERVED = "!'()*"


def content_state(
    canvas_id: str, region: tuple[int, int, int, int] | None, manifest_id: str
) -> str:
    """The encoded content state of a region (x, y, w, h; canvas units) or of a whole canvas.

    The canvas id is the source's own, untouched, for a viewer compares it with the manifest's.
    """
    target = canvas_id if region is None else f"{canvas_id}#{Rect(*region).to_fragment()}"
    state = {
        "id": target,
        "type": "Canvas",
        "partOf": [{"id": manifest_id, "type": "Manifest"}],
    }
    return encode(state)


def encode(state: dict[str, Any]) -> str:
    """Section 6.1: encodeURIComponent, then base64url, without padding."""
    condensed = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    uri_encoded = quote(condensed, safe=_UNRESERVED)
    return base64.urlsafe_b64encode(uri_encoded.encode("ascii")).decode("ascii").rstrip("=")


def decode(encoded: str) -> dict[str, Any]:
    """The content state that `encode` encoded.

    ``ValueError`` where it is none. A content state that is a plain URI is never encoded
    (section 6.2): the caller tells the two apart by its ``:``, which base64url does not have.
    """
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        raw = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        state = json.loads(unquote(raw.decode("ascii"), errors="strict"))
    except (binascii.Error, UnicodeError, ValueError, RecursionError) as error:
        raise ValueError(f"Not an encoded content state: {error}") from error
    if not isinstance(state, dict):
        raise ValueError("Not an encoded content state: its JSON is not an object.")
    return state
