"""What is there to be copied has a button, and the IIIF mark is a link that can be dragged."""

from __future__ import annotations

from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery

pytestmark = needs_chromium


def test_a_citation_is_copied(
    transactional_db: None, live_server: object, gallery: Gallery
) -> None:
    canvas = gallery.hang("Boats at Rest", maker="Ada Vento")
    with new_page(silent=True) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{live_server}/painting/{canvas.key}/")
        page.locator(".elsewhere summary").press("Enter")
        buttons = page.locator(".elsewhere button")
        assert buttons.count() == 4
        buttons.first.press("Enter")
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("#citation").input_value()
        assert copied.startswith("Ada Vento, Boats at Rest. ")


def test_the_mark_is_dragged_as_a_link(
    transactional_db: None, live_server: object, gallery: Gallery
) -> None:
    canvas = gallery.hang("Boats at Rest")
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/painting/{canvas.key}/")
        page.locator(".elsewhere summary").click()
        page.evaluate(
            """() => {
                 const box = document.body;
                 box.addEventListener("dragover", (event) => event.preventDefault());
                 box.addEventListener("drop", (event) => {
                   event.preventDefault();
                   window.dropped = event.dataTransfer.getData("text/uri-list");
                 });
               }"""
        )
        page.locator(".drag img").drag_to(page.locator("h1"))
        dropped = page.evaluate("window.dropped")
        assert dropped == page.locator(".drag a").evaluate("link => link.href")
        assert "?manifest=" in dropped
        assert "&canvas=" in dropped
