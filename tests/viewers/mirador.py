"""Mirador: a panel of hits beside the canvas, and the chosen hit filled with yellow."""

from __future__ import annotations

import re
from typing import Any

from tests.viewers.viewer import Box, Viewer

#: The box of all that is yellow in the canvas that lies over the picture; null where nothing is.
_CHOSEN = """() => {
  const over = document.querySelector(".openseadragon-canvas div > canvas");
  const { width, height } = over;
  const data = over.getContext("2d").getImageData(0, 0, width, height).data;
  let box = null;
  for (let at = 0; at < data.length; at += 4) {
    if (!data[at + 3] || data[at] < 200 || data[at + 2] > 50) continue;
    const x = (at / 4) % width, y = Math.floor(at / 4 / width);
    box = box
      ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
      : [x, y, x, y];
  }
  const where = over.getBoundingClientRect();
  return box && [
    where.x + box[0], where.y + box[1], where.x + box[2] + 1, where.y + box[3] + 1,
  ];
}"""


def _closed_up(text: str) -> str:
    """Without the spaces that Mirador has on both sides of a match."""
    return re.sub(r" (?=[.,])", "", " ".join(text.split()))


class Mirador(Viewer):
    name = "Mirador"
    address = "mirador.html"

    def search(self, words: str) -> None:
        field = self._field()
        field.fill(words)
        with self.page.expect_response(lambda response: "/iiif/search/1/" in response.url):
            field.press("Enter")

    def _field(self) -> Any:
        field = self.page.get_by_role("combobox", name="search terms")
        if not field.is_visible():
            self.page.get_by_role("button", name="Toggle sidebar").click()
            self.page.get_by_role("tab", name="Search").click()
        field.wait_for()
        return field

    def _listed(self) -> Any:
        return self.page.locator("aside .MuiListItem-root", has=self.page.locator("h4"))

    def hits(self) -> list[str]:
        """The middle of longer texts, which is what Mirador shows until "more" is asked for."""
        self._listed().first.wait_for()
        texts = [hit.locator("p").inner_text() for hit in self._listed().all()]
        return [_closed_up(text.removesuffix("more...")) for text in texts]

    def count(self) -> int:
        said = self.page.locator("aside").get_by_text(re.compile(r"^\d+ of \d+\+?$")).inner_text()
        return int(said.split(" of ")[1].removesuffix("+"))

    def more(self) -> None:
        with self.page.expect_response(lambda response: "page=2" in response.url):
            self.page.get_by_role("button", name="More results").click()
        self.page.get_by_role("button", name="More results").wait_for(state="detached")

    def suggestions(self, begun: str) -> list[str]:
        self._field().press_sequentially(begun)
        options = self.page.get_by_role("option")
        options.first.wait_for()
        return [option.inner_text() for option in options.all()]

    def says_nothing_was_found(self) -> bool:
        self.page.get_by_text("No results found").wait_for()
        return True

    def choose(self, text: str) -> None:
        at = next(number for number, listed in enumerate(self.hits()) if listed in text)
        self._listed().nth(at).locator("h4").click()
        self.page.get_by_role("button", name="Reset zoom").click()
        self.settle()

    def shown(self) -> str:
        """Of two canvases the left one."""
        said = self.page.get_by_text(re.compile(r"^\d+ of \d+ • ")).first.inner_text()
        return str(said.split(" • ")[1])

    def outline(self, text: str) -> Box:
        drawn = self.page.evaluate(_CHOSEN)
        assert drawn, "Mirador has outlined no hit"
        return Box(*drawn)

    def turn(self) -> None:
        """By the keyboard, which OpenSeadragon listens to: Mirador has no button for it."""
        self.page.locator(".openseadragon-canvas").first.press("r")
        self.settle()
