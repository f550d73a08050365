"""A public installation, configured by the environment alone (docs/deployment.md)."""

from __future__ import annotations

from iiifsearch.settings.base import *

DEBUG = False
SECRET_KEY = environment.required("SECRET_KEY", "a long random string that is kept secret")
environment.required("ALLOWED_HOSTS", "the names this site answers to")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")
IIIFSEARCH["public_url"] = environment.required(
    "IIIFSEARCH_PUBLIC_URL", "the address under which published URLs will live for ever"
)

_https = environment.text("IIIFSEARCH_PUBLIC_URL").startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", _https)
# The orchestrator and Prometheus speak plain HTTP to the container.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = environment.number("SECURE_HSTS_SECONDS", 31536000 if _https else 0)
# Other names of the institution are not ours to commit, and a preload is hard to take back: so
# these are off unless asked for, and Django's reminders of them are silenced.
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = environment.flag("SECURE_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
if environment.flag("BEHIND_HTTPS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING["root"]["level"] = environment.text("IIIFSEARCH_LOG_LEVEL", "INFO")
