"""A harvest of what the museum of a test serves."""

from __future__ import annotations

from typing import Any

from catalog.harvest.run import perform, request
from catalog.models import HarvestRun
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum


def harvest(url: str, **more: Any) -> HarvestRun:
    return perform(request(url, queue=False, **more))


def counts(run: HarvestRun) -> dict[str, int]:
    names = ("found", "created", "updated", "unchanged", "failed", "skipped")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def collection(server: Museum, count: int) -> str:
    urls = [
        server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}"), headers={"ETag": f'"{n}"'})
        for n in range(count)
    ]
    return server.set("/c.json", collection_3(server.base, "c", urls), headers={"ETag": '"c"'})
