"""A page as a careful reader sees it: its text, its links, and what is wrong with its HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse

VOID = {"meta", "link", "img", "input", "br", "rect"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.elements
            if element.tag == tag
            and all(element.attributes.get(name) == value for name, value in attributes.items())
        ]

    @property
    def text(self) -> str:
        return " ".join(self.all("body")[0].text.split())

    @property
    def links(self) -> dict[str, str]:
        """Address by what the link says."""
        return {" ".join(a.text.split()): a.attributes.get("href", "") for a in self.all("a")}

    @property
    def titles(self) -> list[str]:
        """Of the paintings in the grid, in their order."""
        headings = [e for e in self.elements if e.attributes.get("class") == "title"]
        return [" ".join(heading.text.split()) for heading in headings]


def read(response: HttpResponse, status: int = 200) -> Page:
    """Parse a page and refuse what no page may have."""
    assert response.status_code == status, response.content[:400]
    page = Page()
    page.feed(response.content.decode())
    assert not page.open, f"never closed: {[element.tag for element in page.open]}"
    assert len(page.all("h1")) == 1
    assert page.all("html")[0].attributes["lang"]
    assert page.all("title")[0].text.strip()
    for image in page.all("img"):
        assert image.attributes.keys() >= {"alt", "width", "height"}, image
        assert image.attributes["src"].startswith("/")
    labelled = {label.attributes["for"] for label in page.all("label")}
    for box in page.all("input"):
        assert box.attributes.get("type") == "hidden" or box.attributes["id"] in labelled, box
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        assert element.tag != "style"
        assert element.tag != "script" or not element.text
        assert not [n for n in element.attributes if n == "style" or n.startswith("on")], element
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    return page
