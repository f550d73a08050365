"""Compiles the translations: every django.po of the apps becomes the django.mo beside it, where
that is missing or older. GNU gettext is not needed for it (docs/translating.md)."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).resolve().parent
APPS = ("catalog", "iiifsearch")


def sources() -> list[Path]:
    """The texts that translators write."""
    return sorted(
        po for app in APPS for po in (HERE / app / "locale").glob("*/LC_MESSAGES/django.po")
    )


def compile_outdated() -> None:
    for source in sources():
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as read:
            catalogue = read_po(read, locale=source.parent.parent.name)
        # A server may read it while it is written.
        fresh = compiled.with_suffix(".mo.new")
        with fresh.open("wb") as written:
            write_mo(written, catalogue)
        fresh.replace(compiled)


if __name__ == "__main__":
    compile_outdated()
