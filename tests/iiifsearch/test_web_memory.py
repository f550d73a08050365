"""What the processes of a web server have together, and what each has for itself."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from tests.gunicorn import gunicorn

MB = 2**20
#: Each process has its own answers, connections and what Python writes to whatever it reads.
MOST_OF_ITS_OWN = 150 * MB

pytestmark = [
    pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL is another server"),
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux tells it"),
    pytest.mark.django_db(transaction=True),
]


def processes(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def memory(pid: int, *names: str) -> int:
    """Bytes of a process, by the names of smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    told = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines}
    return sum(told[name] for name in names)


def search(client: httpx.Client) -> None:
    """With all encoders that a search loads."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(noise).save(jpeg, "JPEG")
    assert client.get("/api/search/", params={"q": "boats on a stormy sea"}).status_code == 200
    sent = {"image": ("noise.jpg", jpeg.getvalue(), "image/jpeg")}
    assert client.post("/api/similar/", files=sent).status_code == 200


def test_encoders_are_in_memory_once(encoders: Path, tmp_path: Path) -> None:
    with gunicorn(tmp_path, "--workers=3", f"--pid={tmp_path / 'pid'}") as client:
        client.headers["Connection"] = "close"  # so that each process is asked
        for _ in range(12):
            search(client)
        pids = processes(int((tmp_path / "pid").read_text()))
        assert len(pids) == 3
        exported = sum(path.stat().st_size for path in encoders.glob("*.onnx"))
        for pid in pids:
            own = memory(pid, "Private_Clean", "Private_Dirty")
            assert own < MOST_OF_ITS_OWN
            assert memory(pid, "Rss") - own > exported
    told = (tmp_path / "log").read_text()
    assert "is not loaded" not in told
    assert "terminate" not in told and "SIG" not in told, told  # and all of them ended well


def test_it_starts_without_encoders(encoders: Path, tmp_path: Path) -> None:
    (tmp_path / "encoders").mkdir()
    with gunicorn(tmp_path) as client:
        assert client.get("/health/live").status_code == 200
    told = (tmp_path / "log").read_text()
    assert "minilm is not loaded: minilm-1 has no current ONNX export" in told
