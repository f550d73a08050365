"""What a rule says comes back as it was written; nonsense is refused, with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.rules.rule import MOST_EXAMPLES, BadRule, Rule, read

WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40
).map(lambda text: f"{text} boats")
YEARS = st.none() | st.integers(-9999, 9999)
KEYS = st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    first, last = draw(YEARS), draw(YEARS)
    if first is not None and last is not None:
        first, last = min(first, last), max(first, last)
    within = draw(st.sampled_from(["collection", "manifest", ""]))
    return Rule(
        maker=draw(WORDS),
        object_type=draw(st.just("") | WORDS),
        first=first,
        last=last,
        rights=draw(st.sampled_from(["", "open", "public-domain", "https://rights.example/x"])),
        **({within: draw(KEYS)} if within else {}),
        tag=draw(st.just("") | st.just("Oil on canvas")),
        words=draw(st.just("") | st.just('boats "at anchor" -moon')),
        like=tuple(dict.fromkeys(draw(st.lists(KEYS, max_size=MOST_EXAMPLES)))),
        least=draw(st.integers(0, 100)),
        most=draw(st.integers(1, 500)),
        without=tuple(sorted(draw(st.sets(st.integers(1, 2**63 - 1), max_size=9)))),
    )


@given(rules())
def test_it_comes_back_as_it_was_written(rule: Rule) -> None:
    assert read(json.loads(json.dumps(rule.written()))) == rule


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*Rule.__dataclass_fields__, "version", "x"]), JSON))
def test_nonsense_is_refused_or_read(written: dict[str, Any]) -> None:
    for given_ in (written, {**written, "version": 1}, {**written, "version": 1, "maker": "Ada"}):
        try:
            rule = read(given_)
        except BadRule as error:
            assert str(error)
        else:
            assert read(rule.written()) == rule and rule.conditions


@given(JSON)
def test_what_is_no_rule(written: Any) -> None:
    with pytest.raises(BadRule):
        read(written)


@pytest.mark.parametrize(
    ("said", "why", "about"),
    [
        ({}, "would take everything", ""),
        ({"without": [3]}, "would take everything", ""),
        ({"least": 10, "most": 3}, "would take everything", ""),
        ({"maker": "\x00"}, "no text has", "maker"),
        ({"maker": "\ud800"}, "no text has", "maker"),
        ({"maker": " …"}, "no word", "maker"),
        ({"maker": "x" * 301}, "At most 300", "maker"),
        ({"maker": 5}, "A text", "maker"),
        ({"first": 10**30}, "from -9999 to 9999", "first"),
        ({"first": True}, "whole number", "first"),
        ({"first": 1900, "last": 1800}, "No year", "last"),
        ({"rights": "%"}, "Rights are one of", "rights"),
        ({"collection": "a/b"}, "no key", "collection"),
        ({"collection": None}, "no key", "collection"),
        ({"collection": "a", "manifest": "b"}, "not in both", "manifest"),
        ({"label": "Technique"}, "What does a tag", "tag"),
        ({"tag": "x" * 61}, "at most 60", "tag"),
        ({"words": "-moon"}, "no word", "words"),
        ({"words": " ".join(f"w{n}" for n in range(60))}, "At most 48", "words"),
        ({"like": ["a"] * 2 + [f"k{n}" for n in range(20)]}, "At most 20", "like"),
        ({"like": "abc"}, "A list", "like"),
        ({"like": [["a"]]}, "plain values", "like"),
        ({"like": ["a"], "most": 501}, "from 1 to 500", "most"),
        ({"maker": "Ada", "without": [0]}, "whole number", "without"),
        ({"maker": "Ada", "colour": "red"}, "Nothing is known of colour", ""),
    ],
)
def test_why_it_is_refused(said: dict[str, Any], why: str, about: str) -> None:
    with pytest.raises(BadRule, match=why) as refused:
        read({"version": 1, **said})
    assert refused.value.about == about


@pytest.mark.parametrize("version", [None, 0, 2, True, "1", [1]])
def test_another_version_is_refused(version: Any) -> None:
    with pytest.raises(BadRule, match="is understood"):
        read({"version": version, "maker": "Ada"})
