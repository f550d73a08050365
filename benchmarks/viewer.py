"""How long a reader waits in the viewer: for the panel, for words, for a drawn part.

    make demo
    python -m benchmarks.viewer http://127.0.0.1:8000/painting/KEY/viewer/

Times are medians of fresh browsers with empty caches, in milliseconds, with what the requests
themselves took beside them; so the ratio says what the plugin and the browser add.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).parents[1] / "iiifsearch/static/iiifsearch/viewer/viewer.js"
PLUGIN = Path(__file__).parents[1] / "viewer/dist/iiifsearch-viewer.es.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Milliseconds that the plugin waits after a drawing, before it searches (RegionOverlay.jsx).
REST = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="the viewer's page of a painting")
    parser.add_argument("--words", default="a lighthouse with its lamp lit in a storm")
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    for name, path in (("Mirador and plugin", BUNDLE), ("plugin alone", PLUGIN)):
        data = path.read_bytes()
        packed = len(gzip.compress(data, 6))
        print(f"{name}: {len(data) / 1000:.0f} kB, {packed / 1000:.0f} kB compressed")
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(asked.times):
        for name, milliseconds in visit(asked.address, asked.words).items():
            taken[name].append(milliseconds)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    print(f"page load to the panel: {middle['panel']:.0f} ms")
    print(f"page load to the first result of words: {middle['first']:.0f} ms")
    for kind in ("words", "part"):
        seen, request = middle[kind], middle[f"{kind}, request"]
        print(
            f"{kind}: {seen:.0f} ms to hits, request {request:.0f} ms, ratio {seen / request:.2f}"
        )
    print(f"(a part: after the {REST} ms of rest that follow a drawing)")


def visit(address: str, words: str) -> dict[str, float]:
    """One reader's waits, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        box = page.get_by_role("textbox", name="Words, or a comment")
        box.wait_for()
        panel = time.perf_counter()
        box.fill(words)
        hits = page.get_by_role("region", name="Paintings found").get_by_role("listitem")
        asked = time.perf_counter()
        with page.expect_response(lambda response: "/api/search/" in response.url) as words_answer:
            box.press("Enter")
            hits.first.wait_for()
        found = time.perf_counter()
        page.get_by_role("tab", name="A part of it").click()
        page.wait_for_load_state("networkidle")
        bounds = page.locator(".mirador-osd-container").bounding_box()
        assert bounds is not None
        x, y = bounds["x"] + 0.4 * bounds["width"], bounds["y"] + 0.4 * bounds["height"]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 160, y + 160, steps=8)
        with page.expect_response(lambda response: "/api/similar/" in response.url) as part_answer:
            page.mouse.up()
            drawn = time.perf_counter()
            page.get_by_text("Searching …").wait_for()
        page.get_by_text("Searching …").wait_for(state="detached")
        shown = time.perf_counter()
        waits = {
            "panel": panel - began,
            "first": found - began,
            "words": found - asked,
            "part": shown - drawn - REST / 1000,
        }
        told = {name: 1000 * seconds for name, seconds in waits.items()}
        told["words, request"] = _taken(words_answer.value)
        told["part, request"] = _taken(part_answer.value)
        browser.close()
        return told


def _taken(response: Any) -> float:
    """Milliseconds from the request to the end of its answer."""
    response.finished()
    timing: dict[str, float] = response.request.timing
    return timing["responseEnd"] - timing["requestStart"]


if __name__ == "__main__":
    sys.exit(main())
