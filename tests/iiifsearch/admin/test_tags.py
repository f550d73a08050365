"""Guessed tags in the admin: what is shown to whom, page by page, and deciding on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, Collection, CollectionCanvas, Comment, Manifest
from iiifsearch.admin import tags
from iiifsearch.models import Batch, TagGuess
from tests.iiifsearch.tagged import hang, look, one_encoder
from tests.people import signed_in

PAGE = "/admin/tags/"
MAY_SEE = ("view_tagguess", "view_canvas")
MAY_DECIDE = (*MAY_SEE, "change_tagguess")

pytestmark = pytest.mark.usefixtures(one_encoder.__name__)
__all__ = ["one_encoder"]


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


@pytest.fixture
def guesses() -> list[TagGuess]:
    """Six paintings of which a style is guessed, one whose technique is doubtful."""
    hang("known", 30, 0, Style="<Baroque>", Technique="oil on canvas")
    hang("silent", 6, 0, Technique="oil on canvas")
    (odd,) = hang("odd", 1, 0, Style="<Baroque>", Technique="watercolour")
    look()
    found = list(TagGuess.objects.filter(kind="missing").order_by("-relevance", "pk"))
    assert len(found) == 6 and TagGuess.objects.get(kind="doubtful").canvas == odd
    return found


def text(client: Client, **query: Any) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def shown(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="chosen" value="(\d+)"', page)]


def test_the_queue(client_with: Callable[..., Client], guesses: list[TagGuess]) -> None:
    client = client_with(*MAY_DECIDE)
    page = text(client)
    assert shown(page) == [one.pk for one in guesses]
    assert "Style: &lt;Baroque&gt;" in page and "<Baroque>" not in page
    assert "<strong>6</strong>" in page and "<strong>1</strong>" in page
    for pk in (guesses[0].canvas_id, *guesses[0].vouchers[: tags.VOUCHERS]):
        assert f"/admin/catalog/canvas/{pk}/change/" in page
    assert f"and {len(guesses[0].vouchers) - tags.VOUCHERS} more" in page
    doubtful = text(client, kind="doubtful")
    assert "Technique: watercolour" in doubtful and "The others say: oil on canvas" in doubtful
    assert "Guessed tags" in client.get("/admin/").content.decode()


def test_by_tag_and_by_painting(
    client_with: Callable[..., Client], guesses: list[TagGuess]
) -> None:
    client = client_with(*MAY_DECIDE)
    page = text(client, view="tags")
    assert '<td class="number">6</td>' in page and "tag=style%0A%3Cbaroque%3E" in page
    alone = text(client, tag="style\n<baroque>")
    assert len(shown(alone)) == 6 and "Only <strong>Style: &lt;Baroque&gt;</strong>" in alone
    assert shown(text(client, tag="style\nnothing")) == []
    assert sorted(shown(text(client, view="paintings"))) == sorted(one.pk for one in guesses)


def test_filters(client_with: Callable[..., Client], guesses: list[TagGuess]) -> None:
    client = client_with(*MAY_DECIDE)
    assert len(shown(text(client, label="Style"))) == 6
    assert shown(text(client, label="Technique")) == [] == shown(text(client, label=""))
    single = Collection.objects.create(key="single", title="Single ones")
    CollectionCanvas.objects.create(collection=single, canvas=guesses[0].canvas)
    assert shown(text(client, collection="single")) == [guesses[0].pk]
    harvested = Collection.objects.create(key="harvested", title="Harvested", uri="urn:x")
    harvested.members.create(manifest=Manifest.objects.get(key="silent"))
    for view in ("list", "paintings"):
        assert len(shown(text(client, collection="harvested", view=view))) == 6
    assert '<td class="number">6</td>' in text(client, collection="harvested", view="tags")


@pytest.mark.parametrize("view", ["list", "paintings"])
def test_pages_follow_each_other(
    view: str,
    client_with: Callable[..., Client],
    guesses: list[TagGuess],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tags, "PAGE", 2)
    monkeypatch.setattr(tags, "PAINTINGS", 2)
    TagGuess.objects.filter(pk__in=[one.pk for one in guesses[:3]]).update(relevance=0.5)
    client = client_with(*MAY_DECIDE)
    seen: list[int] = []
    address = f"{PAGE}?view={view}"
    for _ in range(3):
        page = client.get(address).content.decode()
        assert len(shown(page)) == 2
        seen += shown(page)
        following = re.search(r'class="next"><a href="(.*?)"', page)
        address = PAGE + following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(one.pk for one in guesses) and not address


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "odd"},
        {"view": "odd"},
        {"collection": "nothing"},
        {"collection": "\0"},
        *({"after": after} for after in ("x", "nan:1", "inf:1", "1e999:1", "0.5:x", "0.5:-1")),
        {"after": "0.5:" + "9" * 30},
        {"after": "0.5", "view": "paintings"},
    ],
)
def test_nonsense_is_not_found(query: dict[str, str], client_with: Callable[..., Client]) -> None:
    answer = client_with(*MAY_SEE).get(PAGE, query)
    # NUL is taken out of what is asked for; nothing is left of this collection.
    assert answer.status_code == (200 if query.get("collection") == "\0" else 404)


def test_ticked_ones_are_decided(
    client_with: Callable[..., Client], guesses: list[TagGuess]
) -> None:
    client = client_with(*MAY_DECIDE)
    ids = [one.pk for one in guesses]
    sent = {"chosen": ids[:2], "shown": ids, "decision": "right"}
    page = client.post(f"{PAGE}?label=Style", sent, follow=True)
    assert page.redirect_chain == [(f"{PAGE}?label=Style", 302)]
    said = page.content.decode()
    assert "Decided: Style: &lt;Baroque&gt;, of 2 paintings: right." in said
    assert set(shown(said)) == set(ids[2:]) and "<strong>4</strong>" in said
    assert Comment.objects.filter(origin="curator").count() == 2
    assert LogEntry.objects.count() == 2
    # Of one row by its own button; then all that are on the page.
    client.post(PAGE, {"wrong": ids[2], "chosen": ids[3:5], "shown": ids[2:]})
    assert TagGuess.objects.get(pk=ids[2]).decision == "wrong"
    client.post(PAGE, {"shown": ids[3:], "decision": "all-wrong"})
    assert not TagGuess.objects.filter(kind="missing", decision="").exists()
    again = client.post(PAGE, sent, follow=True).content.decode()
    assert "2 were decided already" in again


def test_undoing(client_with: Callable[..., Client], guesses: list[TagGuess]) -> None:
    client = client_with(*MAY_DECIDE)
    client.post(PAGE, {"right": guesses[0].pk})
    batch = Batch.objects.get()
    address = f"/admin/decisions/{batch.pk}/undo/"
    assert address in text(client) and address not in text(client_with(*MAY_DECIDE))
    client_with(*MAY_DECIDE).post(address)  # not theirs
    assert Batch.objects.get().undone_at is None
    assert client.get(address).status_code == 405
    assert Client().post(address).status_code == 302 and Batch.objects.get().undone_at is None
    back = client.post(address, {"next": f"{PAGE}?view=tags"}, follow=True)
    assert back.redirect_chain[0][0] == f"{PAGE}?view=tags"
    assert "Undone: Style" in back.content.decode()
    assert not Comment.objects.filter(origin="curator").exists()
    away = client.post(address, {"next": "https://elsewhere.example/"})
    assert away.headers["Location"] == "/admin/"
    assert "Undone already" in text(client)


def test_bad_decisions(client_with: Callable[..., Client], guesses: list[TagGuess]) -> None:
    client = client_with(*MAY_DECIDE)
    for sent in (
        {"decision": "perhaps"},
        {},
        {"right": "x"},
        {"right": "9" * 30},
        {"decision": "right", "chosen": ["1", "\0"]},
    ):
        assert client.post(PAGE, sent).status_code == 400, sent
    assert (
        "Nothing is chosen"
        in client.post(PAGE, {"decision": "right"}, follow=True).content.decode()
    )
    many = {"decision": "right", "chosen": list(range(1, 900)), "shown": []}
    assert client.post(PAGE, many).status_code == 302
    assert not TagGuess.objects.exclude(decision="").exclude(pk__lt=900).exists()


def test_who_may(client_with: Callable[..., Client], guesses: list[TagGuess]) -> None:
    assert Client().get(PAGE).status_code == 302
    for few in ((), ("view_canvas",), ("view_tagguess",), ("change_tagguess",)):
        client = client_with(*few)
        assert client.get(PAGE).status_code == 403, few
        assert client.post(PAGE, {"right": guesses[0].pk}).status_code == 403
    reader = client_with(*MAY_SEE)
    page = reader.get(PAGE).content.decode()
    assert "Style: &lt;Baroque&gt;" in page
    assert not any(part in page for part in ("checkbox", "data-own", 'name="decision"'))
    assert reader.post(PAGE, {"right": guesses[0].pk}).status_code == 403
    assert not TagGuess.objects.exclude(decision="").exists()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_with(*MAY_DECIDE).cookies
    assert strict.post(PAGE, {"right": guesses[0].pk}).status_code == 403


def test_on_the_painting_s_page(
    client_with: Callable[..., Client], guesses: list[TagGuess]
) -> None:
    address = f"/admin/catalog/canvas/{guesses[0].canvas_id}/change/"
    client_with(*MAY_DECIDE).post(PAGE, {"wrong": guesses[0].pk})
    page = client_with(*MAY_SEE).get(address).content.decode()
    assert "Style: &lt;Baroque&gt;" in page and "might be said" in page
    assert "Style: &lt;Baroque&gt;" not in client_with("view_canvas").get(address).content.decode()


@pytest.mark.parametrize(
    "query", [{}, {"view": "tags"}, {"view": "paintings"}, {"kind": "doubtful"}]
)
def test_queries_do_not_grow_with_what_is_shown(
    query: dict[str, str], client_with: Callable[..., Client], guesses: list[TagGuess]
) -> None:
    client = client_with(*MAY_DECIDE)
    left = [one.pk for one in guesses[1:]]
    TagGuess.objects.filter(pk__in=left).update(decision="right")
    text(client, **query)
    with CaptureQueriesContext(connection) as few:
        text(client, **query)
    TagGuess.objects.filter(pk__in=left).update(decision="")
    Canvas.objects.filter(pk__in=[one.canvas_id for one in guesses]).update(title="Another")
    with CaptureQueriesContext(connection) as many:
        text(client, **query)
    assert len(many) == len(few) < 25


def test_counts_are_capped(
    client_with: Callable[..., Client], guesses: list[TagGuess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MOST_COUNTED", 5)
    assert "<strong>5+</strong>" in text(client_with(*MAY_SEE))
