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
