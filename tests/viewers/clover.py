"""Clover: a tab of hits beside the canvas, and all hits of a canvas outlined."""

from __future__ import annotations

from typing import Any

from tests.viewers.viewer import Box, Viewer


class Clover(Viewer):
    name = "Clover"
    address = "clover.html"

    def _field(self) -> Any:
        self.page.get_by_role("tab", name="Search").click()
        field = self.page.locator("input[name=searchTerms]")
        field.wait_for()
        return field

    def search(self, words: str) -> None:
        field = self._field()
        field.fill(words)
        with self.page.expect_response(lambda response: "/iiif/search/2/" in response.url):
            field.press("Enter")

    def _listed(self) -> Any:
        return self.page.locator("[data-content-search]")

    def hits(self) -> list[str]:
        self._listed().first.wait_for()
        return [hit.inner_text() for hit in self._listed().all()]

    def choose(self, text: str) -> None:
        self._listed().filter(has_text=text).click()
        self.settle()

    def shown(self) -> str:
        return str(self.page.locator("[role=radio][aria-checked=true]").inner_text())

    def outline(self, text: str) -> Box:
        outlines = self.page.locator(".clover-iiif-image-openseadragon-annotation")
        return self.box(outlines.filter(has_text=text))

    def turn(self) -> None:
        self.page.get_by_title("Rotate right").click()
        self.settle()
