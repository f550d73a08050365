"""The panel that searches: words, likeness, limits, paging, languages, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House
from tests.iiifsearch.plugin.test_region import ready, settled

pytestmark = [*needs_chromium, pytest.mark.django_db]


def hits(page: Any) -> Any:
    return page.get_by_role("region", name="Paintings found").get_by_role("listitem")


def search(page: Any, words: str) -> dict[str, list[str]]:
    """Look for words; the parameters that were sent."""
    page.get_by_role("textbox", name="Words, or a comment").fill(words)
    with page.expect_response(lambda response: "/api/search/" in response.url) as answered:
        page.get_by_role("button", name="Search", exact=True).click()
    return parse_qs(urlsplit(answered.value.url).query)


def test_a_sentence_finds_and_opens_a_painting(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    search(page, "cut from other pictures, by lamplight")
    first = hits(page).first
    assert "A Collage" in first.inner_text() and "Ada Vento" in first.inner_text()
    first.get_by_text("pasted together by lamplight").wait_for()
    first.get_by_role("button", name="Open A Collage").click()
    page.get_by_role("region", name="Window: A Collage").wait_for()
    # From hit to hit, in words of the last question, and back to it.
    search(page, "fishing boats")
    assert "Boats at Rest" in hits(page).first.inner_text()
    page.get_by_text("Last searches").first.click()
    page.get_by_role("button", name="cut from other pictures").click()
    page.get_by_role("button", name="Open A Collage").wait_for()


def test_like_this_picture_and_more_like_a_hit(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.get_by_role("tab", name="This picture").click()
    page.get_by_label("Alike in what").select_option(label="Colours")
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        page.get_by_role("button", name="Find pictures like it").click()
    sent = parse_qs(urlsplit(answered.value.url).query)
    assert sent["canvas"] == [f"{house.base}/boats/canvas/1"]
    assert (
        "colour:1" in sent["features"][0] and "Boats at Rest" not in hits(page).first.inner_text()
    )
    name = hits(page).first.get_by_role("heading").inner_text()
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        hits(page).first.get_by_role("button", name="More like").click()
    assert parse_qs(urlsplit(answered.value.url).query)["canvas"] != sent["canvas"]
    page.get_by_text(f"Like “{name}”").wait_for()


def test_weights_of_ones_own(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.get_by_role("tab", name="This picture").click()
    page.get_by_label("Alike in what").select_option(label="Weights of my own")
    slider = page.get_by_role("slider", name="Palette")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        page.get_by_role("button", name="Find pictures like it").click()
    features = parse_qs(urlsplit(answered.value.url).query)["features"][0]
    assert "palette:0.2" in features and "hog" not in features


def test_within_this_object_and_within_years(house: House, page: Any) -> None:
    ready(page, house.viewer("album", 1))
    page.get_by_label("Where to look").select_option(label="This object")
    sent = search(page, "a picture")
    assert sent["manifest"] == [house.manifest("album")]
    titles = hits(page).get_by_role("heading").all_inner_texts()
    assert titles and all("Album" in title for title in titles)
    page.get_by_text("Limits", exact=True).click()
    page.get_by_label("From year").fill("1900")
    assert search(page, "a picture")["from"] == ["1900"]
    page.get_by_text("Nothing is called so").wait_for()
    page.get_by_role("button", name="No limits").click()
    assert "from" not in search(page, "a picture")


def test_more_hits_follow_without_a_jump(house: House, page: Any) -> None:
    """A page of hits is cut short here, for the library is small."""

    def three(route: Any) -> None:
        route.continue_(url=route.request.url.replace("limit=24", "limit=3"))

    page.route("**/api/similar/**", three)
    ready(page, house.viewer("boats"))
    page.get_by_role("tab", name="This picture").click()
    page.get_by_role("button", name="Find pictures like it").click()
    hits(page).nth(2).wait_for()
    before = hits(page).get_by_role("heading").all_inner_texts()
    more = page.get_by_role("button", name="more", exact=False).last
    more.scroll_into_view_if_needed()
    where = hits(page).nth(2).bounding_box()
    more.click()
    hits(page).nth(3).wait_for()
    after = hits(page).get_by_role("heading").all_inner_texts()
    assert after[:3] == before and len(after) > 3
    assert hits(page).nth(2).bounding_box() == where


# -- what goes wrong ----------------------------------------------------------------------------


def test_the_panel_says_what_went_wrong_and_stays(house: House, page: Any) -> None:
    answers = iter(
        (
            {"status": 429, "json": {"detail": "Request was throttled."}},
            {"status": 200, "body": "<html>", "content_type": "text/html"},
            {"status": 200, "json": {"hits": [None, {"canvas": 3}], "total": "x"}},
        )
    )
    page.route("**/api/search/**", lambda route: route.fulfill(**next(answers)))
    ready(page, house.viewer("boats"))
    search(page, "a")
    page.get_by_text("Too many searches at once").wait_for()
    search(page, "b")
    page.get_by_text("cannot be read").wait_for()
    search(page, "c")
    page.get_by_text("Nothing found").wait_for()
    page.unroute("**/api/search/**")
    search(page, "fishing boats")
    assert "Boats at Rest" in hits(page).first.inner_text()


def test_a_library_that_could_not_be_asked_is_asked_again(house: House, page: Any) -> None:
    page.route(
        "**/api/library/**", lambda route: route.fulfill(status=503, json={"detail": "Not now."})
    )
    page.goto(house.viewer("boats"))
    page.get_by_text("Not now.").wait_for()
    page.unroute("**/api/library/**")
    page.get_by_role("button", name="Try again").click()
    search(page, "fishing boats")
    assert "Boats at Rest" in hits(page).first.inner_text()


# -- somebody else's manifests ------------------------------------------------------------------


def show(page: Any, url: str) -> None:
    """Open a manifest in the window as it is, whoever published it."""
    page.evaluate(
        "manifestId => paintingViewer.store.dispatch({type: 'mirador/UPDATE_WINDOW',"
        " id: 'painting', payload: {manifestId, canvasId: undefined}})",
        url,
    )
    settled(page)


def test_a_museums_own_manifest_gets_our_search_service(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    show(page, f"{house.base}/collage.json")
    page.get_by_role("tab", name="Search", exact=True).click()
    with page.expect_response(lambda response: "/iiif/search/2/manifest/" in response.url):
        box = page.get_by_role("combobox", name="search terms")
        box.fill("lamplight")
        box.press("Enter")
    page.get_by_text("pasted together by").wait_for()


def test_a_picture_that_nobody_harvested_is_looked_for_by_its_image(
    house: House, page: Any
) -> None:
    """The museum shows the same picture in a manifest of tomorrow."""
    ready(page, house.viewer("boats"))
    made = json.loads(
        page.request.get(f"{house.base}/boats.json")
        .text()
        .replace(f"{house.base}/boats", f"{house.base}/tomorrow")
    )
    page.route(
        f"{house.base}/tomorrow.json",
        lambda route: route.fulfill(json=made, headers={"Access-Control-Allow-Origin": "*"}),
    )
    show(page, f"{house.base}/tomorrow.json")
    page.get_by_role("tab", name="This picture").click()
    with page.expect_response(
        lambda response: "/api/similar/" in response.url and response.request.method == "POST"
    ) as answered:
        page.get_by_role("button", name="Find pictures like it").click()
    assert answered.value.status == 200, answered.value.text()
    page.get_by_role("button", name="Open Boats at Rest").wait_for()


# -- languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "tab"),
    [("de", "Dieses Bild"), ("fr", "Cette image"), ("it", "Questa immagine")],
)
def test_it_speaks(language: str, tab: str, house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.evaluate(
        "language => paintingViewer.store.dispatch("
        "{type: 'mirador/UPDATE_CONFIG', config: {language}})",
        language,
    )
    page.get_by_role("tab", name=tab).click()
    page.locator("form[role=search] button[type=submit]").click()
    page.get_by_role("listitem").first.wait_for()
    assert "paintingSearch" not in page.locator("aside").first.inner_text()


def test_from_right_to_left_nothing_is_cut_off(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    search(page, "fishing boats")
    page.evaluate(
        "() => { document.documentElement.dir = 'rtl'; paintingViewer.store.dispatch("
        "{type: 'mirador/UPDATE_CONFIG', config: {theme: {direction: 'rtl'}}}); }"
    )
    settled(page)
    panel = page.locator("aside").first
    wider = panel.evaluate(
        "box => [...box.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 &&"
        " getComputedStyle(e).overflowX === 'visible' && e.clientWidth)"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert wider == []
