"""The disk of the pictures is really full: told with its reason, nothing lost, and on it goes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog import kept
from catalog.harvest.pictures import fetch_of, to_fetch
from catalog.harvest.run import perform, request
from catalog.models import Picture
from tests.manifests import collection_3, manifest_3
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A disk of 128 kB for pictures, all of it taken by a file called "others"."""
    place = tmp_path / "pictures"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)]
    if os.getuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    settings.CATALOG = {**settings.CATALOG, "storage": place}
    kept._taken.cache_clear()
    take(place)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def take(place: Path) -> None:
    with (place / "others").open("ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


def files(place: Path) -> list[Path]:
    return [one for one in place.rglob("*") if one.is_file() and one.name != "others"]


def test_fetching_waits_for_room(
    server: Museum, full: Path, django_capture_on_commit_callbacks: Any
) -> None:
    urls = []
    for n in range(3):
        server.set(f"/{n}.jpg", picture(n), content_type="image/jpeg")
        made = manifest_3(server.base, f"m{n}", image=f"/{n}.jpg")
        urls.append(server.set(f"/m{n}.json", made))
    perform(request(server.set("/c.json", collection_3(server.base, "c", urls)), queue=False))
    host = server.base.removeprefix("http://")

    counts = fetch_of(host)
    assert (counts.kept, counts.failed) == (0, 0)
    assert "No space left on device" in counts.held_up and "Make room there" in counts.held_up
    told = Picture.objects.filter(kind="disk").first()
    assert told is not None and "No space left on device" in told.reason
    assert to_fetch().count() == 3 and not Picture.objects.exclude(attempts=0).exists()
    assert files(full) == []

    (full / "others").unlink()
    assert fetch_of(host).kept == 3
    assert not Picture.objects.exclude(outcome="kept", kind="", reason="").exists()
    assert len(files(full)) == 3

    # A picture that is kept stays when its thumbnail finds no room, and is shown in its place.
    take(full)
    row = Picture.objects.all()[0]
    before = kept.path(row).read_bytes()
    assert kept.thumbnail(row) == kept.path(row) and kept.path(row).read_bytes() == before
    assert len(files(full)) == 3
    (full / "others").unlink()
    small = kept.thumbnail(row)
    assert small is not None and small != kept.path(row)
