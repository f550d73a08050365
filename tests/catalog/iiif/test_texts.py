"""Language maps, HTML, facts and years."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.iiif.dates import spans_of, year_of
from catalog.iiif.facts import _WEAK, LABELS, Facts, facts, fold
from catalog.iiif.html import plain_text, sanitise
from catalog.iiif.language import best, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.types import MetadataEntry


@pytest.mark.parametrize(
    ("value", "expected", "code"),
    [
        ("A", {"none": ["A"]}, None),
        (["A", "B"], {"none": ["A", "B"]}, None),
        ({"@value": "A", "@language": "en"}, {"en": ["A"]}, None),
        ({"@value": ["A", "B"], "@language": "en"}, {"en": ["A", "B"]}, None),
        (
            [{"@value": "A", "@language": "en"}, {"@value": "B", "@language": "fr"}, "C"],
            {"en": ["A"], "fr": ["B"], "none": ["C"]},
            None,
        ),
        ({"value": "A", "language": "en"}, {"en": ["A"]}, None),
        ({"en": ["A"], "fr": ["B"]}, {"en": ["A"], "fr": ["B"]}, None),
        ({"en": "A"}, {"en": ["A"]}, None),
        ({"@none": ["A"]}, {"none": ["A"]}, "at-none"),
        ({"en": [True]}, {"en": ["true"]}, "value-not-text"),
        (1888, {"none": ["1888"]}, "value-not-text"),
        ({"@value": 1.5}, {"none": ["1.5"]}, "value-not-text"),
        ({"@id": "https://e.org", "label": "A"}, {"none": ["A"]}, "object-as-text"),
        ([["A"], [["B"]]], {"none": ["A", "B"]}, None),
        ({"": ["A"]}, {"none": ["A"]}, None),
        ({"en": [{"@value": "A"}]}, {"en": ["A"]}, None),
        (None, {}, None),
        ("  ", {}, None),
        ([None, {}, []], {}, None),
        ({"en": None}, {}, None),
    ],
)
def test_language_maps(value, expected, code):
    reading = Reading("https://example.org")
    assert read_language_map(value, reading, "label") == expected
    assert [w.code for w in reading.warnings()] == ([code] if code else [])


def test_the_best_text():
    texts = {"fr": ["Bateaux"], "en-GB": ["Boats"], "none": ["?"]}
    assert best(texts, ["en"]) == "Boats"
    assert best(texts, ["de", "FR-ca"]) == "Bateaux"
    assert best(texts, ["de"]) == "?"
    assert best({"fr": ["A", "B"]}) == "A; B"
    assert best({}) == ""


@pytest.mark.parametrize(
    ("html", "safe", "plain"),
    [
        ("<p>A <b>b</b></p>", "<p>A <b>b</b></p>", "A b"),
        ("a < b & c", "a &lt; b &amp; c", "a < b & c"),
        ("Tom &amp; Ann", "Tom &amp; Ann", "Tom & Ann"),
        ("one<br/>two", "one<br>two", "one two"),
        ("<script>alert(1)</script>x", "x", "x"),
        ("<img src=x onerror=alert(1)>", "<img>", ""),
        (
            '<a href="javascript:alert(1)" style="x">y</a>',
            '<a rel="noopener noreferrer">y</a>',
            "y",
        ),
        (
            '<a href="https://e.org" class="c">y</a>',
            '<a href="https://e.org" rel="noopener noreferrer">y</a>',
            "y",
        ),
        ("<div>x<h1>y</h1></div>", "xy", "x y"),
        ("1 <2> 3", "1 &lt;2&gt; 3", "1 <2> 3"),
        ("", "", ""),
    ],
)
def test_html(html, safe, plain):
    assert sanitise(html) == safe
    assert plain_text(html) == plain


@given(st.text())
def test_html_never_fails_and_never_runs(text):
    assert "<script" not in sanitise(text).lower()
    plain_text(text)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1884/86", 1884),
        ("c. 1503–1506", 1503),
        ("1632 (signed)", 1632),
        ("ca.1650", 1650),
        ("1850s", 1850),
        ("17.3.1917", 1917),
        ("1917-03-17", 1917),
        ("0822-0847", 822),
        ("１８８０年", 1880),
        ("Vincent van Gogh (1853-1890), 1888", 1888),
        ("19th century", 1850),
        ("XVIIe siècle", 1650),
        ("XIXᵉ siècle", 1850),
        ("17th-18th century", 1650),
        ("siglo XVII", 1650),
        ("18. Jahrhundert", 1750),
        ("XV secolo", 1450),
        ("16de eeuw", 1550),
        ("18 век", 1750),
        ("19世紀", 1850),
        ("17세기", 1650),
        ("500 BC", None),
        ("61.5 x 50.3 cm", None),
        ("No. 1234567", None),
        ("宋代", None),
        ("n.d.", None),
        ("", None),
    ],
)
def test_years(text, year):
    assert year_of(text) == year


@given(st.text(alphabet=st.characters(), max_size=60))
def test_years_never_fail(text):
    assert year_of(text) is None or 100 <= year_of(text) <= 2100


def entry(label, value):
    return MetadataEntry({"none": [label]}, {"none": [value]})


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            [
                entry("Artist:", "Berthe Example"),
                entry("Date", "c. 1871–1873"),
                entry("Medium", "Oil on canvas"),
                entry("Classification", "Paintings"),
                entry("Title", "Boats"),
            ],
            Facts("Boats", "Berthe Example", "c. 1871–1873", 1871, "Oil on canvas", "Paintings"),
        ),
        (
            [entry("Künstler/in", "B. Beispiel"), entry("Datierung", "19. Jahrhundert")],
            Facts("L", "B. Beispiel", "19. Jahrhundert", 1850),
        ),
        (
            [entry("Créateur(s)", "B. Exemple"), entry("Matière et technique", "huile")],
            Facts("L", "B. Exemple", technique="huile"),
        ),
        (
            [entry("作者", "歌川広重"), entry("年代", "1857年"), entry("材質", "紙")],
            Facts("L", "歌川広重", "1857年", 1857, "紙"),
        ),
        ([entry("작가", "김홍도"), entry("Художник", "Репин")], Facts("L", "김홍도")),
        ([entry("People", "Artist: V. Example, Dutch")], Facts("L", "V. Example, Dutch")),
        ([entry("Contributors", "A Scribe"), entry("Künstler", "B")], Facts("L", "B")),
        ([entry("Τίτλος", "Το πλοίο"), entry("Ζωγράφος", "Α. Π.")], Facts("Το πλοίο", "Α. Π.")),
        ([entry("タイトル", "睡蓮")], Facts("睡蓮")),
        ([entry("dateCreated", "1938"), entry("Date", "2025-06-05T15:01:51")],
         Facts("L", date_text="1938", year=1938)),
        ([entry("Published", "London"), entry("Sitter", "A Queen")], Facts("L")),
        ([entry("Artist", "<a href='https://e.org'>B&amp;C</a>")], Facts("L", "B&C")),
        ([entry("Sammlung", "Sammlung Muster"), entry("Standort", "Museum Musterstadt, Saal 3")],
         Facts("L", place="Museum Musterstadt, Saal 3")),
        ([entry("Lieu de conservation", "Musée"), entry("Collocazione", "Museo")],
         Facts("L", place="Musée")),
        ([entry("Owner", "A. Person"), entry("Place of origin", "Delft")],
         Facts("L", place="A. Person")),
        ([], Facts("L")),
    ],
)  # fmt: skip
def test_facts(metadata, expected):
    assert facts({"none": ["L"]}, metadata) == expected


def test_a_label_of_dashes_is_no_title():
    assert facts({"none": [" - "]}, []).title == ""


def test_the_table_of_labels_is_folded_and_says_one_thing_each():
    flat = [label for labels in LABELS.values() for label in labels]
    folded = [fold(label) for label in flat]
    assert sorted({x for x in folded if folded.count(x) > 1}) == []
    assert set(flat) >= _WEAK


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("begun in 1632 and ended in 1640", [(1632, 1632), (1640, 1640)]),
        ("in the 1880s", [(1880, 1889)]),
        ("aus den 1850er Jahren", [(1850, 1859)]),
        ("late in the 17th century", [(1601, 1700)]),
        ("XIXe siècle", [(1801, 1900)]),
        ("um die Mitte des 18. Jahrhunderts", [(1701, 1800)]),
        ("19世紀", [(1801, 1900)]),
        ("65 x 49 cm, 3 boats, room 412", []),
        ("", []),
    ],
)
def test_times_that_a_text_names(text: str, spans: list[tuple[int, int]]) -> None:
    assert sorted(spans_of(text)) == spans


@given(st.text())
def test_spans_of_any_text_are_spans(text: str) -> None:
    assert all(first <= last for first, last in spans_of(text))
