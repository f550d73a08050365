"""The viewers' pages, served on loopback: ours, and the packages they load."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings

PAGES = Path(__file__).parent / "pages"


def packages() -> Path:
    """Where ``npm ci`` puts what tests/viewers/package-lock.json names. Skips where it did not."""
    folder = Path(settings.VAR) / "viewers" / "node_modules"
    if not (folder / "mirador").is_dir():
        pytest.skip(
            "Install Node.js, copy tests/viewers/package*.json and .npmrc to the folder viewers "
            "of IIIFSEARCH_VAR and run npm ci there"
        )
    return folder


@contextmanager
def viewers(made: Path) -> Iterator[str]:
    """Yields the base: BASE/mirador.html?manifest=URL, and so on. Bundles go into ``made``."""
    modules = packages()
    bundle(PAGES / "clover.jsx", made / "clover.js", modules)

    class Files(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def translate_path(self, path: str) -> str:
            asked = path.partition("?")[0].lstrip("/")
            if asked.startswith("node_modules/"):
                return str(modules.parent / asked)
            return str(next((p for p in (made / asked, PAGES / asked) if p.exists()), made / asked))

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def bundle(source: Path, to: Path, modules: Path) -> None:
    """One script of ``source`` and all that it imports: half a second."""
    subprocess.run(
        [
            *("env", f"NODE_PATH={modules}", str(modules / ".bin" / "esbuild"), str(source)),
            *("--bundle", f"--outfile={to}", "--log-level=warning"),
            '--define:process.env.NODE_ENV="production"',
        ],
        check=True,
    )
