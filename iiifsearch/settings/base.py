"""What every installation shares. Our own options: ``catalog/conf.py``, ``iiifsearch/conf.py``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import dj_database_url

from iiifsearch.embedded_postgres import EmbeddedPostgres
from iiifsearch.settings import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR = environment.var()

DATABASE_URL = environment.text("DATABASE_URL")
EMBEDDED_POSTGRES = None if DATABASE_URL else EmbeddedPostgres(VAR / "postgres")
DATABASES = {
    "default": {
        **dj_database_url.parse(DATABASE_URL or EmbeddedPostgres(VAR / "postgres").url()),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "procrastinate.contrib.django",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "catalog",
    "iiifsearch",
]

MIDDLEWARE = [
    "iiifsearch.request_id.RequestIDMiddleware",
    "iiifsearch.metrics.middleware.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "iiifsearch.compression.GZipTextMiddleware",
    "iiifsearch.one_version.OneVersionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "iiifsearch.languages.PagesLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "iiifsearch.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "iiifsearch.urls"
WSGI_APPLICATION = "iiifsearch.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
#: Those of `iiifsearch/locale` and `catalog/locale`; the reader's browser chooses, or the reader.
LANGUAGES = [("en", "English"), ("de", "German"), ("fr", "French"), ("it", "Italian")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # set only for who chooses
LANGUAGE_COOKIE_SAMESITE = "Lax"
FORMAT_MODULE_PATH = ["iiifsearch.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"

OTP_TOTP_ISSUER = "iiifsearch"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "iiifsearch",
    "DESCRIPTION": "Search paintings by likeness and by words, and harvest IIIF manifests.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "StateEnum": "catalog.models.State",
        "RunStateEnum": "catalog.models.HarvestRun.State",
        "CommentStateEnum": "catalog.comment_values.STATES",
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # uploads are looked at in memory, never kept

CATALOG: dict[str, Any] = {
    "storage": VAR / "pictures",
    "contact": environment.text("IIIFSEARCH_CONTACT"),
    "allowed_networks": tuple(environment.words("IIIFSEARCH_ALLOWED_NETWORKS")),
    "proxy": environment.text("HTTPS_PROXY") or environment.text("https_proxy"),
    "http_proxy": environment.text("HTTP_PROXY") or environment.text("http_proxy"),
    "no_proxy": tuple(environment.words("NO_PROXY") or environment.words("no_proxy")),
    "ca_bundle": environment.text("SSL_CERT_FILE"),
}
IIIFSEARCH: dict[str, Any] = {
    "public_url": environment.text("IIIFSEARCH_PUBLIC_URL", "http://127.0.0.1:8000"),
    "encoder_cache": VAR / "encoders",
    "two_factor": environment.text("IIIFSEARCH_TWO_FACTOR", "off"),
    "trusted_proxies": environment.number("IIIFSEARCH_TRUSTED_PROXIES", 0),
    "rate_reads": environment.text("IIIFSEARCH_RATE_READS", "300/min"),
    "rate_pictures": environment.text("IIIFSEARCH_RATE_PICTURES", "60/min"),
    "metrics_token": environment.text("IIIFSEARCH_METRICS_TOKEN"),
    "worker_metrics_port": environment.number("IIIFSEARCH_WORKER_METRICS_PORT", 0),
    "worker_metrics_address": environment.text("IIIFSEARCH_WORKER_METRICS_ADDRESS", "127.0.0.1"),
}

#: Third-party data for evaluations and some tests; None where there is none.
_eval_data = environment.text("IIIFSEARCH_EVAL_DATA")
EVAL_DATA = Path(_eval_data) if _eval_data else None

# Python's warnings would be lines of their own form.
logging.captureWarnings(environment.log_as_json())
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "iiifsearch.logs.JSONLines"},
    },
    "filters": {"about": {"()": "iiifsearch.logs.AboutFilter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if environment.log_as_json() else "text",
            "filters": ["about"],
        }
    },
    # These tell of every request, every decoded picture and every look at the queue.
    "loggers": {
        name: {"level": "WARNING"} for name in ("httpx", "httpcore", "pyvips", "procrastinate")
    },
    "root": {"handlers": ["stderr"], "level": environment.text("IIIFSEARCH_LOG_LEVEL", "WARNING")},
}
