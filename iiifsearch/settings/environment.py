"""Reading the environment: one function a type, with errors that name the variable."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """A variable that is set but empty counts as not set, as compose files leave them."""
    return os.environ.get(name, "") or default


def required(name: str, why: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set the environment variable {name}: {why}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas or spaces."""
    return text(name, default).replace(",", " ").split()


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if value == "" else value in {"1", "true", "yes", "on"}
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false.")


def number(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from error


def var() -> Path:
    """Everything that is made at run time: the embedded database, pictures, exported encoders."""
    beside_us = Path(__file__).resolve().parent.parent.parent / "var"
    return Path(text("IIIFSEARCH_VAR", str(beside_us))).resolve()


def log_as_json() -> bool:
    """Whether each line of the logs is a JSON object."""
    value = text("IIIFSEARCH_LOG_FORMAT", "text")
    if value not in {"text", "json"}:
        raise ImproperlyConfigured(f"IIIFSEARCH_LOG_FORMAT={value!r} is neither text nor json.")
    return value == "json"
