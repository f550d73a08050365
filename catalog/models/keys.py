"""What identifies a thing: the normal form of its URI, and the permanent key in our URLs."""

from __future__ import annotations

import base64
import hashlib

from catalog.iiif.identity import normalise_uri

#: A btree entry of Postgres holds some 2,700 bytes; longer URIs are identified by their hash.
LONGEST_URI = 2000


def identity(uri: str) -> str:
    """The normal form that makes ``uri`` unique, short enough to be indexed."""
    normal = normalise_uri(uri)
    if len(normal.encode()) <= LONGEST_URI:
        return normal
    return "urn:sha256:" + hashlib.sha256(normal.encode()).hexdigest()


def permanent_key(*parts: str) -> str:
    """Sixteen lower-case letters and digits for an identity, the same on every machine.

    80 bits of BLAKE2b: among 100 million keys, two agree with a chance of 4 in a billion. A row
    keeps its key for ever, also when the URI that it was derived from changes later.
    """
    digest = hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()
