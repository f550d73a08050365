"""Universal Viewer: no list of hits; marks along the bottom, and all hits of a canvas filled."""

from __future__ import annotations

from typing import Any

from tests.viewers.viewer import Box, Viewer


class UniversalViewer(Viewer):
    name = "Universal Viewer"
    address = "universalviewer.html"

    def _field(self) -> Any:
        field = self.page.locator("#searchWithinInput")
        self.page.locator(".thumb.selected").wait_for()  # only then it listens
        return field

    def search(self, words: str) -> None:
        field = self._field()
        field.fill(words)
        with self.page.expect_response(lambda response: "/iiif/search/1/" in response.url):
            field.press("Enter")

    def count(self) -> int:
        self.page.locator(".annotationRect.current").wait_for()
        return int(self.page.locator(".searchResultsInfo .number").inner_text())

    def more(self) -> None:
        """It has asked for all pages already."""

    def suggestions(self, begun: str) -> list[str]:
        self._field().press_sequentially(begun)
        terms = self.page.locator(".autocomplete .result")
        terms.first.wait_for()
        return [term.inner_text() for term in terms.all()]

    def says_nothing_was_found(self) -> bool:
        self.page.get_by_text("No matches were found").wait_for()
        return True

    def choose(self, text: str) -> None:
        """By "Next Result", until it is the one; the text of a hit is its outline's tooltip."""
        for _ in range(20):
            current = self.page.locator(".annotationRect.current")
            current.wait_for()
            told = current.get_attribute("title")
            if told == text:
                return self.settle()
            self.page.locator(".nextResult").click()
            self.page.locator(f'.annotationRect.current[title="{told}"]').wait_for(state="detached")
        raise AssertionError(f"No hit has the text {text!r}")

    def shown(self) -> str:
        return str(self.page.locator(".thumb.selected").get_attribute("aria-label"))

    def outline(self, text: str) -> Box:
        return self.box(self.page.locator(f'.annotationRect[title="{text}"]'))

    def turn(self) -> None:
        self.page.locator(".openseadragon-canvas").first.hover()
        self.page.locator("button.rotate.viewportNavButton").click()
        self.settle()
