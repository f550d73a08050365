"""The options of ``catalog``: one typed class, read from ``settings.CATALOG``, a dict.

An option is an attribute: its name, type, default and meaning stand here and nowhere else.
``catalog/checks.py`` refuses unknown names and wrong types when Django starts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.core.signals import setting_changed


@dataclass(frozen=True)
class CatalogOptions:
    SETTING: ClassVar[str] = "CATALOG"

    #: Folder for kept pictures (derivatives and thumbnails).
    storage: Path = Path("var/pictures")
    #: An e-mail address or URL that museums can reach you by; part of the User-Agent.
    contact: str = ""
    #: Networks (CIDR) that may be fetched from although they are not public: your own servers.
    allowed_networks: tuple[str, ...] = ()
    #: Whether that holds for image URLs from visitors too. They could then ask those servers for
    #: anything: for a machine with one person at it.
    visitors_may_fetch_allowed_networks: bool = False
    #: Proxy for https URLs, and for http URLs; what is reached without: names (and those below
    #: them), addresses, networks (CIDR), "*" for everything.
    proxy: str = ""
    http_proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    #: A file of certificates to trust instead of the system's (a private CA).
    ca_bundle: str = ""

    #: Caps on one answer, in bytes after decompression.
    max_json_bytes: int = 20 * 1024 * 1024
    max_image_bytes: int = 64 * 1024 * 1024
    #: Seconds for connecting, for silence between two packets, and for one whole answer.
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 120.0
    #: Seconds for one whole answer to a URL that a visitor waits for.
    visitor_seconds: float = 10.0
    max_redirects: int = 5
    #: Seconds between the starts of two requests to one host, and requests to it at a time, of all
    #: workers together; the admin overrides them for a host. Visitors' requests do not wait.
    host_delay: float = 0.2
    host_concurrency: int = 2
    #: Whether robots.txt is honoured; the admin overrides it for a host.
    obey_robots: bool = True
    #: Failures in a row after which a host is left alone, at first and at most for how long.
    rest_after_failures: int = 5
    rest_seconds: float = 60.0
    longest_rest_seconds: float = 3600.0

    #: Pixels of the largest picture that is decoded.
    max_pixels: int = 120_000_000
    #: Long side, in pixels, of the derivative that is kept of every canvas, and of thumbnails.
    derivative_long_side: int = 1024
    thumbnail_long_side: int = 400

    #: Bytes that kept pictures may take; 0: as many as there is room for. Those that were used
    #: longest ago are given up first.
    max_storage_bytes: int = 0

    #: Referenced annotation pages fetched for one manifest.
    max_annotation_pages: int = 50
    #: Manifests found, and depth gone, from one source.
    max_manifests: int = 1_000_000
    max_depth: int = 20
    #: Tries for a URL or a picture that may be had later, before it has failed.
    max_tries: int = 5
    #: A manifest that its source no longer has (404, 410) stays public for this long.
    grace_days: int = 30
    #: A server's "not modified" is believed for this long; then it is asked for everything again.
    reread_after_days: int = 30
    #: Finished harvests of a source whose list of URLs is kept.
    runs_kept: int = 5
    #: Harvested manifests are public at once; False keeps them as drafts until a person looks.
    publish_harvested: bool = True
    #: Languages in which labels are shown, best first (BCP 47).
    languages: tuple[str, ...] = ("en",)


class OptionsClass(Protocol):
    """A dataclass of options that names the setting it is read from."""

    SETTING: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class Options:
    """Reads one options class from Django's settings at first use, and again when a test
    overrides them."""

    def __init__(self, kind: type[OptionsClass]) -> None:
        self._kind = kind
        setting_changed.connect(self._forget, weak=False)

    def _forget(self, *, setting: str, **_: Any) -> None:
        if setting == self._kind.SETTING:
            self.__dict__.pop("_read", None)

    @cached_property
    def _read(self) -> Any:
        return self._kind(**getattr(settings, self._kind.SETTING, {}))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._read, name)


def problems(kind: type[OptionsClass]) -> list[str]:
    """What is wrong with the setting that ``kind`` is read from, a sentence each."""
    given: dict[str, Any] = getattr(settings, kind.SETTING, {})
    known = {field.name: field for field in fields(kind)}
    found = [
        f"{kind.SETTING}[{name!r}] is not an option. Known: {', '.join(sorted(known))}."
        for name in sorted(given.keys() - known.keys())
    ]
    for name in sorted(given.keys() & known.keys()):
        default = known[name].default
        value, wanted = given[name], type(default)
        fits = isinstance(value, wanted) or (wanted is float and isinstance(value, int))
        if isinstance(default, Path):
            fits = isinstance(value, Path)
        if not fits or (isinstance(value, bool) and wanted is not bool):
            found.append(f"{kind.SETTING}[{name!r}] is {value!r}: a {wanted.__name__} is wanted.")
    return found


options: CatalogOptions = Options(CatalogOptions)  # type: ignore[assignment]
