"""The page that takes a picture, in a real browser: what it sends, and without its script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pytest
from django.core.files.uploadedfile import UploadedFile

from catalog.decode import header
from iiifsearch.pages import recognising
from iiifsearch.uploads import picture_of_upload
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.rich import photo, rich, write

pytestmark = needs_chromium


@pytest.fixture
def letter(transactional_db: None, encoders: Path, gallery: Gallery) -> None:
    gallery.hang("Boats", jpeg=rich(1))
    gallery.hang("A Letter", "A young woman reads.", jpeg=rich(2), maker="Jan Bekker")
    gallery.index()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A photo of 4000 pixels, as a phone takes it."""
    small = photo((2, 250, 150, 480))
    return write(tmp_path / "IMG_0001.jpg", cv2.resize(small, (4000, 2800)))


def test_a_picture_is_made_smaller_and_sent_at_once(
    live_server: object, letter: None, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    def seen(upload: UploadedFile) -> Any:
        sent.append(upload.read())
        upload.seek(0)
        return picture_of_upload(upload)

    monkeypatch.setattr(recognising, "picture_of_upload", seen)
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/")
        page.get_by_role("link", name="Recognise a painting").press("Enter")
        page.wait_for_url("**/recognise/")
        with page.expect_navigation():
            page.locator("#photo").set_input_files(snapshot)
        assert page.locator("h1").inner_text() == "This painting is in your picture"
        label = page.locator(".wall-label")
        assert label.locator(".title").inner_text() == "A Letter"
        assert label.locator("blockquote").inner_text() == "A young woman reads."
    assert header(sent[0], 10**8).shown == (1600, 1120)
    assert len(sent[0]) < snapshot.stat().st_size


def test_what_the_browser_cannot_read_is_sent_as_it_is(
    live_server: object, letter: None, tmp_path: Path
) -> None:
    other = tmp_path / "a.heic"
    other.write_bytes(b"\0\0\0\x18ftypheic" + bytes(400))
    with new_page() as page:
        page.goto(f"{live_server}/recognise/")
        with page.expect_navigation():
            page.locator("#photo").set_input_files(other)
        assert page.locator(".problem h1").inner_text() == "This file cannot be searched with"


def test_without_a_script_there_is_a_button(
    live_server: object, letter: None, snapshot: Path
) -> None:
    with new_page() as page:
        without = page.context.browser.new_context(java_script_enabled=False).new_page()
        without.goto(f"{live_server}/recognise/")
        without.locator("#photo").set_input_files(snapshot)
        with without.expect_navigation():
            without.get_by_role("button", name="Recognise it").click()
        assert without.locator(".wall-label .title").inner_text() == "A Letter"
