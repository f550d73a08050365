"""The test suite: real Postgres, real encoders, nothing outside this machine."""

from __future__ import annotations

from iiifsearch.settings.base import *

if EMBEDDED_POSTGRES is not None:
    # Tests have a database of their own made for them; one that forgets to ask finds none.
    DATABASES["default"]["NAME"] = "nothing"

SECRET_KEY = "tests only"  # noqa: S105 - guards nothing
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A rate that tests of other things never meet; the throttles' own tests set theirs.
RATE = "100000/min"
CATALOG = {**CATALOG, "allowed_networks": ("127.0.0.0/8",), "proxy": "", "http_proxy": ""}
IIIFSEARCH = {
    **IIIFSEARCH,
    "public_url": "http://testserver",
    "rate_reads": RATE,
    "rate_pictures": RATE,
}
