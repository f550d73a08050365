"""One machine, one person: the demo and the work on the product itself."""

from __future__ import annotations

import secrets
from pathlib import Path

from iiifsearch.settings.base import *


def _kept_secret(path: Path) -> str:
    """A random secret that outlives a restart, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


DEBUG = environment.flag("IIIFSEARCH_DEBUG", False)
SECRET_KEY = environment.text("SECRET_KEY") or _kept_secret(VAR / "secret_key")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]")
