"""Image servers as museums run them, started for a test on loopback and stopped after it.

Nothing is installed here: where a program is missing, the test is skipped and says what to
install. ``.ci/run`` installs them all.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import pyvips
from django.conf import settings

NODE_SERVER = Path(__file__).parent / "node_images" / "server.cjs"
LIGHTTPD = Path("/usr/sbin/lighttpd")
IIPSRV = Path("/usr/lib/iipimage-server/iipsrv.fcgi")
SECONDS = 20.0


def node_modules() -> Path:
    """Where ``npm ci`` puts what tests/node_images/package-lock.json names."""
    return Path(settings.VAR) / "node_images" / "node_modules"


@contextmanager
def level_2(folder: Path) -> Iterator[str]:
    """iiif-processor and sharp on node: APIs 2.1 and 3.0, level 2.

    Yields the base: pictures in ``folder`` are at BASE/2/NAME and BASE/3/NAME.
    """
    if shutil.which("node") is None or not (node_modules() / "iiif-processor").is_dir():
        pytest.skip(
            "Install Node.js, copy tests/node_images/package*.json to the folder node_images "
            "of IIIFSEARCH_VAR and run npm ci there"
        )
    command = ["env", f"NODE_PATH={node_modules()}", "node", str(NODE_SERVER), str(folder)]
    with _started(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "The node image server did not start"
        yield f"http://127.0.0.1:{port}/iiif"


@contextmanager
def level_1(folder: Path) -> Iterator[str]:
    """iipsrv under lighttpd: API 2, level 1, pyramidal TIFFs.

    Yields the base: ``folder``/NAME.tif is at BASE/NAME.tif.
    """
    if not LIGHTTPD.exists() or not IIPSRV.exists():
        pytest.skip("apt-get install lighttpd iipimage-server")
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="iip") as run:  # a socket's path must be short
        config = Path(run) / "lighttpd.conf"
        config.write_text(_LIGHTTPD.format(run=run, port=port, program=IIPSRV, folder=folder))
        with _started([str(LIGHTTPD), "-D", "-f", str(config)]) as process:
            base = f"http://127.0.0.1:{port}/iiif"
            _wait_for(f"http://127.0.0.1:{port}/iiif/none.tif/info.json", process)
            yield base


_LIGHTTPD = """
server.modules = ("mod_fastcgi")
server.document-root = "{run}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{run}/error.log"
fastcgi.server = ("/iiif" => ((
  "bin-path" => "{program}", "socket" => "{run}/s", "check-local" => "disable",
  "min-procs" => 1, "max-procs" => 1,
  "bin-environment" => (
    "FILESYSTEM_PREFIX" => "{folder}/", "URI_MAP" => "iiif=>IIIF", "VERBOSITY" => "0",
    "LOGFILE" => "{run}/iip.log", "OMP_NUM_THREADS" => "1"))))
"""


@contextmanager
def level_0(picture: pyvips.Image, folder: Path, layout: str) -> Iterator[str]:
    """A pyramid that libvips writes into ``folder``, served as files; yields the service's id.

    ``layout``: "iiif" (API 2) or "iiif3".
    """

    class Files(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder)))
    base = f"http://127.0.0.1:{server.server_port}"
    picture.dzsave(str(folder / "p"), layout=layout, id=base, tile_size=256, suffix=".jpg[Q=92]")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{base}/p"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _started(command: list[str], **more: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, **more)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Until something answers there, be it an error."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"The server ended with {process.returncode}"
        try:
            with urlopen(url, timeout=5):
                return
        except URLError as error:
            if getattr(error, "code", None) is not None and getattr(error, "code", 0) < 500:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"Nothing answers at {url} after {SECONDS:.0f} s")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
