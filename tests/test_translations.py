"""What translators have written: all of it, nothing doubtful, the places of the original kept."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
APPS, LANGUAGES = ("catalog", "iiifsearch"), ("de", "fr", "it")
each = [
    pytest.param(app, language, id=f"{app}-{language}") for app in APPS for language in LANGUAGES
]
#: What stands for something else, in Python and Django's templates, in scripts, and as HTML.
_OF_SCRIPTS = "ROW|COLUMN|COLOUR|LEFT|TOP|WIDTH|HEIGHT"
_PLACE = re.compile(rf"%\(\w+\)[sd]|%%|\b(?:{_OF_SCRIPTS})\b|</?\w+")


def texts(path: Path, language: str = "de") -> Catalog:
    with path.open("rb") as read:
        return read_po(read, locale=language, abort_invalid=True)


def written(app: str, language: str, root: Path = ROOT) -> Catalog:
    return texts(root / app / "locale" / language / "LC_MESSAGES" / "django.po", language)


def ids(catalogue: Catalog) -> set[tuple[object, object]]:
    return {(message.id, message.context) for message in catalogue if message.id}


def places(text: str) -> list[str]:
    return sorted(_PLACE.findall(text))


def pairs(message: Message) -> list[tuple[str, str]]:
    """(original, translation), the many forms by the plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    singular, plural = message.id
    one, *others = message.string
    return [(singular, one), *((plural, other) for other in others)]


def is_one(message: Message, text: str) -> bool:
    """A singular, which may say "another one" where the plural has a number."""
    return isinstance(message.id, tuple) and text == message.string[0]


@pytest.mark.parametrize(("app", "language"), each)
def test_all_is_translated(app: str, language: str) -> None:
    catalogue = written(app, language)
    missing = [m.id for m in catalogue if m.id and not all(text for _, text in pairs(m))]
    assert not missing
    assert not [m.id for m in catalogue if m.id and m.fuzzy], "fuzzy: look at these, and say so"


@pytest.mark.parametrize(("app", "language"), each)
def test_places_are_those_of_the_original(app: str, language: str) -> None:
    wrong = [
        (original, text)
        for message in written(app, language)
        if message.id
        for original, text in pairs(message)
        if places(original) != places(text) and not is_one(message, text)
    ]
    assert not wrong


@pytest.mark.parametrize(("app", "language"), each)
def test_spaces_and_ends_are_those_of_the_original(app: str, language: str) -> None:
    for message in written(app, language):
        for original, text in pairs(message) if message.id else ():
            assert text == text.strip() or original != original.strip(), text
            assert original.endswith("…") == text.endswith("…"), text
            assert '"' not in re.sub(r"<[^>]*>", "", text) or '"' in original, text


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
@pytest.mark.parametrize("app", APPS)
def test_every_text_has_gone_to_the_translators(app: str, tmp_path: Path) -> None:
    """`make messages` would change nothing."""
    ignored = shutil.ignore_patterns("__pycache__", "static", "*.safetensors", "*.mo")
    shutil.copytree(ROOT / app, tmp_path / app, ignore=ignored)
    command = [sys.executable, "-P", "-m", "django", "makemessages", "-v0"]
    command += ["-l", "de", "--no-obsolete", "--no-wrap", "--add-location", "file"]
    subprocess.run(command, cwd=tmp_path / app, check=True)
    found, known = written(app, "de", tmp_path), ids(written(app, "de"))
    assert ids(found) == known, "run make messages, and translate what is new"
    for language in LANGUAGES:
        assert ids(written(app, language)) == known
