"""Bytes to JSON: as forgiving as can be, and exact about what is wrong where it cannot.

Source: RFC 8259 (JSON, section 8.1: UTF-8 without byte order mark), and what servers send.
"""

from __future__ import annotations

import codecs
import json
import math
import re
import zlib
from typing import Any

from catalog.iiif.errors import EmptyDocument, NotJSON, TooDeep, Truncated
from catalog.iiif.html import plain_text
from catalog.iiif.reading import Reading

#: Levels of nesting. Ranges nest; no manifest in earnest goes beyond a few dozen.
DEEPEST = 150
_UNPACKED_LIMIT = 64 * 1024 * 1024

_SIGNATURES = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a ZIP file"),
)
_LONE_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_STRING_OR_TRAILING_COMMA = re.compile(
    # Possessive, and an unterminated string reaches to the end: linear on any input.
    r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|,(?=\s*+[}\]])',
    re.DOTALL,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:\-]+)", re.IGNORECASE | re.ASCII)


def decode(data: bytes, reading: Reading, content_type: str | None = None) -> Any:
    """The JSON value in ``data``. Raises `IIIFError` subclasses, warns through ``reading``.

    Characters that no database stores (NUL, half surrogates) are replaced, with a warning.
    """
    text = _text(data, reading, content_type)
    value = _parse(text, data, reading)
    if _deeper_than(value, DEEPEST):
        raise TooDeep(f"The JSON is nested more than {DEEPEST} levels deep.", url=reading.url)
    if "\x00" in text or _SUSPECT_ESCAPE.search(text):
        value = _storable(value, reading)
    return value


def _text(data: bytes, reading: Reading, content_type: str | None) -> str:
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, reading)
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            raise NotJSON(f"This is {name}, not a manifest.", url=reading.url)
    # detect_encoding knows byte order marks and the zero bytes of UTF-16 and UTF-32.
    encoding = json.detect_encoding(data[:4096])
    if encoding.startswith("utf-8"):
        text = _utf8(data, reading, content_type)
    else:
        text = data.decode(encoding, "replace")
        reading.warn("not-utf8", f"The document is in {encoding.upper()}; JSON is UTF-8.")
    if text.startswith("\ufeff") or encoding == "utf-8-sig":
        reading.warn("byte-order-mark", "The document begins with a byte order mark; ignored.")
    text = text.strip("\ufeff\x00 \t\r\n\x0b\x0c\xa0")
    if not text:
        raise EmptyDocument("The server sent an empty document.", url=reading.url)
    return text


def _utf8(data: bytes, reading: Reading, content_type: str | None) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        position, byte = error.start, data[error.start]
    declared = _CHARSET.search(content_type or "")
    if declared and not re.fullmatch(r"utf-?8", declared[1], re.IGNORECASE):
        try:
            text = data.decode(declared[1])
        except (LookupError, ValueError):
            pass
        else:
            reading.warn("not-utf8", f"The document is in {declared[1]}; JSON is UTF-8.")
            return text
    reading.warn(
        "not-utf8",
        f"Byte 0x{byte:02X} at {position} is not UTF-8; such bytes were read as Windows-1252.",
    )
    return data.decode("utf-8-sig", _AS_WINDOWS_1252)


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    # Only the bytes that are no UTF-8 are taken for Windows-1252: files that mix both exist.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    text = "".join(bytes([b]).decode("cp1252", "replace") for b in wrong)
    return text, error.end


_AS_WINDOWS_1252 = "catalog.iiif.windows-1252"
codecs.register_error(_AS_WINDOWS_1252, _windows_1252)


def _unpacked(data: bytes, reading: Reading) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, _UNPACKED_LIMIT)
    except zlib.error as error:
        raise NotJSON(f"This is a damaged gzip file ({error}).", url=reading.url) from error
    if unpacker.unconsumed_tail:
        raise NotJSON("This gzip file is too large when unpacked.", url=reading.url)
    reading.warn("gzip", "The document came as a gzip file without saying so; unpacked.")
    return unpacked


def _parse(text: str, data: bytes, reading: Reading) -> Any:
    if text.startswith("<"):
        raise NotJSON(_markup(text), url=reading.url)
    try:
        return _loads(text, reading, strict=True)
    except json.JSONDecodeError as error:
        if error.msg.startswith("Invalid control character"):
            return _parse_control_characters(text, reading)
        return _repaired(text, error, reading)


def _parse_control_characters(text: str, reading: Reading) -> Any:
    try:
        value = _loads(text, reading, strict=False)
    except json.JSONDecodeError as error:
        return _repaired(text, error, reading)
    reading.warn("control-character", "A text holds a raw line break or control character.")
    return value


def _repaired(text: str, error: json.JSONDecodeError, reading: Reading) -> Any:
    """What faults do not hide where it begins and ends is still read."""
    if error.msg == "Extra data" and text[0] in "{[":
        value = _loads(text[: error.pos], reading, strict=False)
        reading.warn(
            "trailing-data",
            f"After the JSON ends at character {error.pos} there is more; ignored.",
        )
        return value
    without = _STRING_OR_TRAILING_COMMA.sub(lambda m: m[0] if m[0] != "," else " ", text)
    if without != text:
        try:
            value = _loads(without, reading, strict=False)
        except json.JSONDecodeError:
            pass
        else:
            reading.warn("trailing-comma", "There is a comma before a closing bracket; ignored.")
            return value
    where = f"line {error.lineno}, column {error.colno}"
    if _is_cut_off(text, error):
        raise Truncated(
            f"The JSON breaks off at {where} (after {len(text)} characters),"
            f" behind {text[-40:]!r}.",
            url=reading.url,
        ) from error
    if text[0] not in "{[":
        raise NotJSON(f"This is not JSON; it begins {text[:60]!r}.", url=reading.url) from error
    nearby = text[max(0, error.pos - 30) : error.pos + 10]
    raise NotJSON(
        f"This is not valid JSON: {error.msg} at {where}, near {nearby!r}.",
        url=reading.url,
        fix="Tell the institution that its JSON is broken there; nothing can be read around it.",
    ) from error


def _finite(digits: str) -> float | None:
    """The number; None for one like 1e999, which is too large for any database."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _loads(text: str, reading: Reading, *, strict: bool) -> Any:
    not_numbers: list[str] = []
    try:
        value = json.loads(
            text,
            strict=strict,
            # A whole number of thousands of digits makes int() raise.
            parse_int=lambda digits: int(digits) if len(digits) < 19 else _finite(digits),
            parse_float=_finite,
            parse_constant=not_numbers.append,  # NaN, Infinity: no JSON; read as null
        )
    except RecursionError as error:
        raise TooDeep("The JSON is nested too deeply to be read.", url=reading.url) from error
    if not_numbers:
        reading.warn("nan", f"{not_numbers[0]} is no JSON value; read as null.")
    return value


def _is_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    if text[0] not in "{[":
        return False
    rest = text[error.pos :]
    return error.msg.startswith("Unterminated string") or (
        len(rest) <= 6 and not re.search(r"[}\]]", rest)
    )


def _markup(text: str) -> str:
    start = text[:4000]
    if re.search(r"<!doctype\s+html|<html|<head|<body", start, re.IGNORECASE):
        title = re.search(r"<title[^>]*>(.*?)</title", start, re.IGNORECASE | re.DOTALL)
        says = plain_text(title[1])[:120] if title else plain_text(start)[:120]
        return f"This is an HTML page, not a manifest: {says!r}."
    return f"This is XML or other markup, not a manifest; it begins {start[:60]!r}."


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _storable(value: Any, reading: Reading) -> Any:
    replaced = 0

    def clean(text: str) -> str:
        nonlocal replaced
        cleaned, count = _LONE_SURROGATE_OR_NUL.subn("\ufffd", text)
        replaced += count
        return cleaned

    def walk(node: Any) -> Any:
        if isinstance(node, str):
            return clean(node)
        if isinstance(node, list):
            return [walk(element) for element in node]
        if isinstance(node, dict):
            return {clean(key): walk(element) for key, element in node.items()}
        return node

    walked = walk(value)
    if replaced:
        reading.warn(
            "unstorable-character",
            f"{replaced} characters that no text may hold (NUL, half surrogates) were replaced.",
        )
    return walked
