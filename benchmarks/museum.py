"""A museum's server for benchmarks: many manifests and pictures out of little memory, fast enough
that it is not what is measured.

    python -m benchmarks.museum --port 8200 --manifests 2000 --canvases 5 --log asked.log

Each picture is one of a few dozen, at an address of its own, behind a level 2 image service that
gives the one size that is asked for. Manifests have ETags. With ``--log``, every answer is a line:
seconds on the monotonic clock, status, path.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import io
import json
import signal
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

LONG_SIDE = 1024
#: Distinct pictures; each weighs about as much as a painting of that size.
PICTURES = 48


def painted(seed: int) -> bytes:
    """A JPEG with areas, edges and a fine texture, as photographs of paintings have."""
    rng = np.random.default_rng(seed)
    width, height = (LONG_SIDE, 700 + seed % 300) if seed % 2 else (700 + seed % 300, LONG_SIDE)
    picture = np.zeros((height, width, 3), np.float32)
    for cells in (4, 12, 40, 120):
        noise = rng.integers(0, 255, (cells, cells, 3), np.uint8)
        layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        picture += np.asarray(layer, np.float32) / 4
    picture += rng.normal(0, 6, (height, width, 1))
    made = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(made, "JPEG", quality=85)
    return made.getvalue()


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.size


class Holdings:
    """What the museum answers to a path."""

    def __init__(self, base: str, manifests: int, canvases: int) -> None:
        self.base, self.manifests, self.canvases = base, manifests, canvases
        self.pictures = [painted(seed) for seed in range(PICTURES)]
        self.sizes = [size_of(jpeg) for jpeg in self.pictures]

    def collection(self) -> bytes:
        items = [
            {"id": f"{self.base}/m/{n}.json", "type": "Manifest", "label": {"en": [f"Work {n}"]}}
            for n in range(self.manifests)
        ]
        return self._json("/collection.json", "Collection", "Everything", items)

    def manifest(self, number: int) -> bytes:
        items = [
            self._canvas(number * self.canvases + view, number, view)
            for view in range(self.canvases)
        ]
        return self._json(f"/m/{number}.json", "Manifest", f"Work {number}", items)

    def _json(self, path: str, kind: str, label: str, items: list[object]) -> bytes:
        made = {
            "@context": "http://iiif.io/api/presentation/3/context.json",
            "id": self.base + path,
            "type": kind,
            "label": {"en": [label]},
            "items": items,
        }
        if kind == "Manifest":
            painter = f"Painter {zlib.crc32(path.encode()) % 500}"
            made["metadata"] = [
                {"label": {"en": ["Artist"]}, "value": {"en": [painter]}},
                {"label": {"en": ["Date"]}, "value": {"en": ["1712"]}},
            ]
        return json.dumps(made).encode()

    def _canvas(self, picture: int, number: int, view: int) -> dict[str, object]:
        width, height = (4 * side for side in self.sizes[picture % PICTURES])
        canvas = f"{self.base}/m/{number}/canvas/{view}"
        service = {"id": f"{self.base}/i/{picture}", "type": "ImageService3", "profile": "level2"}
        body = {
            "id": f"{self.base}/i/{picture}/full/max/0/default.jpg",
            "type": "Image",
            "format": "image/jpeg",
            "width": width,
            "height": height,
            "service": [service],
        }
        painting = {"id": f"{canvas}/a", "type": "Annotation", "motivation": "painting"}
        return {
            "id": canvas,
            "type": "Canvas",
            "label": {"en": [f"View {view}"]},
            "width": width,
            "height": height,
            "items": [
                {
                    "id": f"{canvas}/p",
                    "type": "AnnotationPage",
                    "items": [{**painting, "body": body, "target": canvas}],
                }
            ],
        }

    def info(self, picture: int) -> bytes:
        width, height = (4 * side for side in self.sizes[picture % PICTURES])
        return json.dumps(
            {
                "@context": "http://iiif.io/api/image/3/context.json",
                "id": f"{self.base}/i/{picture}",
                "type": "ImageService3",
                "protocol": "http://iiif.io/api/image",
                "profile": "level2",
                "width": width,
                "height": height,
            }
        ).encode()

    def answer(self, path: str) -> tuple[bytes, str] | None:
        """(body, media type), None for what is not there."""
        parts = path.strip("/").split("/")
        if path == "/collection.json":
            return self.collection(), "application/json"
        if parts[0] == "m" and len(parts) == 2:
            return self.manifest(int(parts[1].removesuffix(".json"))), "application/json"
        if parts[0] == "i" and parts[-1] == "info.json":
            return self.info(int(parts[1])), "application/json"
        if parts[0] == "i":
            return self.pictures[int(parts[1]) % PICTURES], "image/jpeg"
        return None


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as our client speaks."""

    def __init__(self, holdings: Holdings, note: Callable[[int, str], None]) -> None:
        self._holdings, self._note, self._buffer = holdings, note, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._respond(head.decode("latin-1"))

    def _respond(self, head: str) -> None:
        lines = head.split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        found = self._holdings.answer(path)
        if found is None:
            self._send(404, b"", "text/plain", "", path)
            return
        body, media_type = found
        etag = f'"{hashlib.md5(body[:4096], usedforsecurity=False).hexdigest()}"'
        if headers.get("if-none-match") == etag:
            self._send(304, b"", media_type, etag, path)
        else:
            self._send(200, body, media_type, etag, path)

    def _send(self, status: int, body: bytes, media_type: str, etag: str, path: str) -> None:
        self._note(status, path)
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nETag: {etag}\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)  # type: ignore[attr-defined]


async def serve(port: int, holdings: Holdings, note: Callable[[int, str], None]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Connection(holdings, note), "127.0.0.1", port)
    async with server:
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--manifests", type=int, default=2000)
    parser.add_argument("--canvases", type=int, default=5, help="of each manifest")
    parser.add_argument("--log")
    chosen = parser.parse_args()
    holdings = Holdings(f"http://127.0.0.1:{chosen.port}", chosen.manifests, chosen.canvases)
    gc.freeze()
    log = Path(chosen.log).open("w", buffering=1) if chosen.log else None  # noqa: SIM115

    def note(status: int, path: str) -> None:
        if log is not None:
            log.write(f"{time.monotonic():.4f} {status} {path}\n")

    try:
        asyncio.run(serve(chosen.port, holdings, note))
    finally:
        if log is not None:
            log.close()


if __name__ == "__main__":
    main()
