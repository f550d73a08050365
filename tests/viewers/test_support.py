"""What is said of the viewers is what is tested."""

from __future__ import annotations

import json

from tests.viewers.clover import Clover
from tests.viewers.mirador import Mirador
from tests.viewers.served import PAGES
from tests.viewers.support import DOCUMENT, FEATURES, VERSIONS, document
from tests.viewers.universal_viewer import UniversalViewer

PACKAGES = {Mirador: "mirador", UniversalViewer: "universalviewer", Clover: "@samvera/clover-iiif"}


def test_the_document_says_what_is_tested() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_the_versions_are_those_that_are_installed() -> None:
    wanted = json.loads((PAGES.parent / "package.json").read_text())["dependencies"]
    assert {kind: wanted[name] for kind, name in PACKAGES.items()} == VERSIONS


def test_every_feature_has_its_test() -> None:
    tests = "".join(path.read_text() for path in PAGES.parent.glob("test_*.py"))
    assert [name for name in FEATURES if f'@shows("{name}")' not in tests] == []
