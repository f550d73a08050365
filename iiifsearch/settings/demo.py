"""The development settings, and leave to harvest from this very machine, where the bundled
collection is served."""

from __future__ import annotations

from iiifsearch.settings.development import *

CATALOG["allowed_networks"] = (*CATALOG["allowed_networks"], "127.0.0.0/8")
# The addresses of its pictures can be pasted into a search, too.
CATALOG["visitors_may_fetch_allowed_networks"] = True
