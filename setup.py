"""What pyproject.toml cannot say: a wheel brings the viewer and the translations along, built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "iiifsearch" / "static" / "iiifsearch" / "viewer" / "viewer.js"


class WithWhatIsBuilt(build_py):
    def run(self) -> None:
        # An editable installation is a source tree: `make viewer translations` builds it there.
        if not self.editable_mode:
            if outdated():
                run(HERE / "viewer" / "npm.py", "run", "build")
            run(HERE / "translations.py")
        super().run()


def run(script: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, str(script), *arguments], check=True)


def outdated() -> bool:
    """Whether the bundle is missing, or older than what it is made of."""
    if not BUNDLE.exists():
        return True
    sources = [HERE / "viewer" / "package-lock.json", *(HERE / "viewer" / "src").rglob("*.js*")]
    return any(source.stat().st_mtime > BUNDLE.stat().st_mtime for source in sources)


setup(cmdclass={"build_py": WithWhatIsBuilt})
