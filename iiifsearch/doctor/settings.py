"""What the settings say: options that are wrong, and the addresses that visitors see."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from catalog.checks import check_options as check_catalog
from iiifsearch.checks import check_options as check_search
from iiifsearch.conf import options
from iiifsearch.doctor.findings import Finding, Level, error, note, ok, warning

_HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared with, not bound to
#: More proxies than anybody puts one before another.
_MANY_PROXIES = 4


def wrong_options() -> list[CheckMessage]:
    """What Django's checks say of our options."""
    return [*check_catalog(), *check_search()]


def settings_are_right() -> Iterator[Finding]:
    found = wrong_options()
    for one in found:
        level = Level.ERROR if one.is_serious() else Level.WARNING
        yield Finding(level, "settings", str(one.msg), str(one.hint or "Change the settings."))
    if not found:
        yield ok("settings", "IIIFSEARCH and CATALOG hold nothing that is wrong.")


def public_url() -> Iterator[Finding]:
    about, url = "public_url", urlsplit(options.public_url)
    if url.hostname in _HERE:
        yield note(
            about,
            f"{options.public_url} is an address that nobody else reaches.",
            "Before anything is published, set IIIFSEARCH_PUBLIC_URL: published URLs begin with it "
            "for ever.",
        )
    elif url.scheme != "https":
        yield warning(
            about,
            f"{options.public_url} is not https: passwords and tokens travel in the clear, and "
            "viewers on https pages cannot load what is published.",
            "Put a proxy that speaks HTTPS in front, and set IIIFSEARCH_PUBLIC_URL=https://… and "
            "BEHIND_HTTPS_PROXY=1 (docs/deployment.md).",
        )
    else:
        yield ok(about, f"{options.public_url} is https.")
    if settings.DEBUG:
        yield warning(
            about,
            "DEBUG is on: error pages show settings to everybody who meets one.",
            "Leave IIIFSEARCH_DEBUG out, and use the production settings: "
            "DJANGO_SETTINGS_MODULE=iiifsearch.settings.production",
        )


def trusted_proxies() -> Iterator[Finding]:
    about, count = "trusted_proxies", options.trusted_proxies
    behind = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) is not None
    if count < 0:
        yield error(about, f"There are no {count} proxies.", "Set IIIFSEARCH_TRUSTED_PROXIES=0.")
    elif behind and not count:
        yield warning(
            about,
            "A proxy ends HTTPS (BEHIND_HTTPS_PROXY), but none is trusted: all visitors count as "
            "one, and share the limits of one.",
            "Set IIIFSEARCH_TRUSTED_PROXIES to how many proxies stand in front, mostly 1.",
        )
    elif count and not behind:
        yield warning(
            about,
            f"{count} proxies are trusted, but HTTPS does not end at one: without a proxy, "
            "visitors choose the address that they are counted by.",
            "Set IIIFSEARCH_TRUSTED_PROXIES=0, or BEHIND_HTTPS_PROXY=1 where there is a proxy.",
        )
    elif count > _MANY_PROXIES:
        yield warning(
            about,
            f"{count} proxies are trusted: where there are fewer, visitors choose the address that "
            "they are counted by.",
            "Set IIIFSEARCH_TRUSTED_PROXIES to how many stand in front.",
        )
    else:
        yield ok(about, f"{count} proxies are trusted.")
