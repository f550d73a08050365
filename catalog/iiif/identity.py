"""When two URIs name the same thing, and what to call a thing that has no name.

Source: RFC 3986 (syntax-based normalisation, section 6.2.2), RFC 3987 (IRI to URI).
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urljoin

_PARTS = re.compile(
    r"^(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$"
)
_TOKENS = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_RESERVED = frozenset(":/?#[]@!$&'()*+,;=")
_FETCHABLE = _UNRESERVED | _RESERVED
_MEDIA_FRAGMENT = re.compile(r"(?:^|[#&])(?:xywh|t|track)=[^#]*$", re.IGNORECASE)
#: What browsers drop from around a URL, and from within.
_AROUND = "".join(map(chr, range(0x21))) + "\x7f"
_WITHIN = dict.fromkeys(map(ord, "\r\n\t"))
#: A fragment longer than this is no media fragment.
_LONGEST_FRAGMENT = 2000
_ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:(?:[^/\s]|//[^/\s?#])")


def is_absolute(uri: str) -> bool:
    """True for ``https://host/...`` and for ``urn:...``, ``ark:...``; False for ``//host``."""
    return _ABSOLUTE.match(uri.strip()) is not None


def resolve(raw: str, base: str) -> str:
    """``raw`` against ``base`` as a browser would (RFC 3986, section 5); ``raw`` where it cannot.

    ``//host/path`` takes over the scheme of ``base``. ``base`` itself is never given back for
    an empty ``raw``: nothing is not a name.
    """
    cleaned = _cleaned(raw)
    if not cleaned:
        return ""
    try:
        return urljoin(base, cleaned)
    except ValueError:  # a broken host, such as "http://[::"
        return cleaned


def normalise_uri(uri: str) -> str:
    """The form of ``uri`` by which uniqueness is decided. Not a URL to fetch.

    * ``http`` and ``https`` are **one** identity, written ``https``: museums move their servers
      from one to the other, and manifests, canvases and annotations of one work mix both; two
      different works under the two schemes of one host have never been seen.
    * scheme and host are lower-case, default ports are dropped, an empty path becomes ``/``,
      dot segments are resolved;
    * percent-encodings are upper-case, those of unreserved characters are undone, spaces and
      letters outside ASCII are encoded as UTF-8, a lone ``%`` becomes ``%25``;
    * a trailing ``?`` or ``#`` without anything after it goes;
    * media fragments (``#xywh=``, ``#t=``) go, for they name a part of the same thing. **Other
      fragments stay**: there are manifests whose canvases differ in nothing else
      (``manifest.json#/canvas/1``);
    * path and query keep their case, double slashes and a trailing slash: servers differ there.

    Idempotent: ``normalise_uri(normalise_uri(u)) == normalise_uri(u)``. Anything that is no
    URI at all comes back encoded the same way.
    """
    match = _PARTS.match(_cleaned(uri))
    if match is None:
        return _encode(uri, _FETCHABLE)
    scheme, authority, path, query, fragment = match.groups()
    scheme = (scheme or "").lower()
    was_http = scheme == "http"
    if was_http:
        scheme = "https"
    path = _encode(path, _FETCHABLE - frozenset("?#[]"))
    parts = []
    if scheme:
        parts.append(f"{scheme}:")
    if authority is not None:
        parts.append("//" + _authority(authority, scheme, was_http))
        path = _without_dots(path) or "/"
    parts.append(path)
    if query:
        parts.append("?" + _encode(query, _FETCHABLE - frozenset("#")))
    if fragment and (kept := _without_media_fragment(_encode(fragment, _FETCHABLE))):
        parts.append("#" + kept)
    return "".join(parts)


def fetchable(uri: str) -> str:
    """``uri`` with every character that no URL may hold percent-encoded, and nothing else.

    Encodings that are there are left as they are: ``%2F`` in an image identifier is not ``/``.
    """
    return "".join(c if c in _FETCHABLE or c == "%" else _percent(c) for c in _cleaned(uri))


def synthesised_canvas_id(manifest_id: str, position: int, image_id: str) -> str:
    """A name for a canvas that has none: the same for the same manifest, place and image."""
    return _below(manifest_id, f"canvas-{position + 1}-{_digest(image_id)}")


def synthesised_member_id(collection_id: str, place: str, content: str) -> str:
    """A name for an embedded member that has none: the same for the same place and content."""
    return _below(collection_id, f"member-{_digest(f'{place} {content}')}")


def synthesised_annotation_id(owner_id: str, content: str) -> str:
    """A name for an annotation that has none: the same for the same owner and content.

    It does not count positions, so that an annotation added before it does not rename it.
    """
    return _below(owner_id, f"annotation-{_digest(content)}")


def _cleaned(uri: str) -> str:
    return uri.translate(_WITHIN).strip(_AROUND)


def _below(owner: str, name: str) -> str:
    return f"{owner}{'/' if '#' in owner else '#'}{name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def _encode(text: str, allowed: frozenset[str]) -> str:
    if "%" not in text and allowed.issuperset(text):
        return text

    def token(match: re.Match[str]) -> str:
        found = match.group()
        if len(found) == 3:  # only an encoding is longer than one character
            char = chr(int(found[1:], 16))
            return char if char in _UNRESERVED else found.upper()
        return found if found in allowed else _percent(found)

    return _TOKENS.sub(token, text)


def _authority(authority: str, scheme: str, was_http: bool) -> str:
    user, at, host_port = authority.rpartition("@")
    host, colon, port = host_port.rpartition(":")
    if not colon or not re.fullmatch(r"\d*", port, re.ASCII):
        host, port = host_port, ""
    if port in (("443", "80") if was_http else ("443",)) and scheme == "https":
        port = ""
    host = _encode(host.lower(), _FETCHABLE).lower()
    # Lower-casing the host must not lower-case the encodings in it.
    host = re.sub(r"%[0-9a-f]{2}", lambda m: m.group().upper(), host)
    user = _encode(user, _FETCHABLE)
    return f"{user}{at}{host}{':' if port else ''}{port}"


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4, for a path that begins with a slash."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _without_media_fragment(fragment: str) -> str:
    previous = None if len(fragment) <= _LONGEST_FRAGMENT else fragment
    while previous != fragment:
        previous = fragment
        fragment = _MEDIA_FRAGMENT.sub("", fragment).rstrip("#&")
    return fragment
