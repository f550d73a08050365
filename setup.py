"""What pyproject.toml cannot say: a wheel brings the viewer along, built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "iiifsearch" / "static" / "iiifsearch" / "viewer" / "viewer.js"


class WithViewer(build_py):
    def run(self) -> None:
        # An editable installation is a source tree: `make viewer` builds it there.
        if not self.editable_mode and outdated():
            subprocess.run(
                [sys.executable, str(HERE / "viewer" / "npm.py"), "run", "build"], check=True
            )
        super().run()


def outdated() -> bool:
    """Whether the bundle is missing, or older than what it is made of."""
    if not BUNDLE.exists():
        return True
    sources = [HERE / "viewer" / "package-lock.json", *(HERE / "viewer" / "src").rglob("*.js*")]
    return any(source.stat().st_mtime > BUNDLE.stat().st_mtime for source in sources)


setup(cmdclass={"build_py": WithViewer})
