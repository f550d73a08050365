"""System checks: wrong options are told when Django starts, not at the first harvest."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.core.checks import CheckMessage, Error, register

from catalog.addresses import exemption
from catalog.conf import CatalogOptions, options, problems


@register()
def check_options(**_: Any) -> list[CheckMessage]:
    wrong = problems(CatalogOptions)
    if wrong:
        return [Error(text, id="catalog.E001") for text in wrong]
    found: list[CheckMessage] = []
    for network in options.allowed_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            found.append(
                Error(
                    f"CATALOG['allowed_networks'] holds {network!r}, which is no network.",
                    hint="Write an address or a network such as 10.1.0.0/16.",
                    id="catalog.E002",
                )
            )
    for text in _impolite():
        found.append(
            Error(
                text,
                hint="To be less polite with one host, set its delay and concurrency in the admin.",
                id="catalog.E004",
            )
        )
    for entry in options.no_proxy if options.proxy or options.http_proxy else ():
        try:
            exemption(entry)
        except ValueError:
            found.append(
                Error(
                    f"CATALOG['no_proxy'] (NO_PROXY) holds {entry!r}, which cannot be understood.",
                    hint="Write *, a host name, .example.org, an address or a network such as "
                    "10.1.0.0/16.",
                    id="catalog.E003",
                )
            )
    return found


def _impolite() -> list[str]:
    """What cannot be meant in how hosts are treated."""
    wanted = {
        "host_delay": options.host_delay >= 0,
        "host_concurrency": options.host_concurrency >= 1,
        "rest_after_failures": options.rest_after_failures >= 1,
        "rest_seconds": options.rest_seconds >= 1,
        "longest_rest_seconds": options.longest_rest_seconds >= options.rest_seconds,
    }
    least = {
        "host_delay": "0",
        "longest_rest_seconds": f"{options.rest_seconds} (rest_seconds)",
    }
    return [
        f"CATALOG[{name!r}] is {getattr(options, name)}: at least {least.get(name, '1')} is wanted."
        for name, fits in wanted.items()
        if not fits
    ]
