"""The permission table, each cell tried over HTTP; and that no page and no route lacks a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import commenting
from catalog.decode import encode_jpeg
from catalog.models import Collection, CollectionCanvas, HarvestItem, HarvestRun, Host
from iiifsearch import tasks
from iiifsearch.decisions import tags
from iiifsearch.models import ApiToken, Duplicate, TagGuess
from iiifsearch.tokens import make
from tests.catalog.admin.conftest import make_canvas, make_collection, make_manifest, make_source
from tests.iiifsearch.permission_table import (
    NO_PAGES,
    PEOPLE,
    PUBLIC,
    TABLE,
    Action,
    Things,
    address,
    as_markdown,
    routes,
)
from tests.pictures import keep_picture

DOCS = Path(__file__).parent.parent.parent / "docs" / "roles.md"

ROLES = {"r": "Reader", "c": "Curator", "o": "Curator", "h": "Harvester", "A": "Administrator"}


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def people(db: None) -> dict[str, Client]:
    found = {"a": Client()}
    for letter, role in ROLES.items():
        user = User.objects.create_user(f"person-{letter}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        found[letter] = Client()
        found[letter].force_login(user)
    return found


@pytest.fixture
def things(people: dict[str, Client]) -> Things:
    """One of everything, by the names of the models."""
    source, manifest = make_source(), make_manifest(state="published")
    run = HarvestRun.objects.create(source=source, state="running", started_at=timezone.now())
    canvas, other = (make_canvas(manifest, state="published") for _ in range(2))
    picture = keep_picture(canvas, encode_jpeg(np.full((80, 100, 3), 90, np.uint8)))
    collection = make_collection("Boats", teaches=True, state="draft")
    collection.curators.add(User.objects.get(username="person-c"))
    told = {"similarity": 0.9, "inliers": 40, "probability": 0.99}
    somebody = User.objects.create_user("somebody")
    make(somebody, "theirs")
    tasks.index.defer()
    CollectionCanvas.objects.create(collection=collection, canvas=other)
    comment = commenting.write(canvas, "A boat", author=somebody)
    guess = TagGuess.objects.create(
        canvas=canvas, kind="missing", text="Sea", mark="\nsea", relevance=0.9
    )
    decided = tags.decide(
        [guess.pk], TagGuess.Decision.RIGHT, by=User.objects.get(username="person-c")
    ).batch
    return {
        "source": source,
        "harvestrun": run,
        "harvestitem": HarvestItem.objects.create(run=run, url="https://example.org/1"),
        "host": Host.objects.create(name="example.org"),
        "picture": picture,
        "manifest": manifest,
        "canvas": canvas,
        "comment": comment,
        "comments": comment,
        "collection": collection,
        "collections": collection,
        "classes": collection,
        "decisions": decided,
        "duplicate": Duplicate.objects.create(first=canvas, second=other, **told),
        "user": somebody,
        "group": Group.objects.create(name="Interns"),
        "apitoken": ApiToken.objects.get(),
        "procrastinatejob": ProcrastinateJob.objects.latest("id"),
        "encoder": "colour-1",
        "content_type": ContentType.objects.get_for_model(Collection),
    }


def tried(action: Action, client: Client, things: Things) -> bool:
    """Whether it was let happen; nothing of it stays."""
    with transaction.atomic():
        before = action.proof(things) if action.proof else None
        response = send(action, client, things)
        allowed = let_in(response)
        if allowed and action.proof:
            allowed = action.proof(things) != before
        transaction.set_rollback(True)
    assert response.status_code < 500, response.content
    return allowed


def send(action: Action, client: Client, things: Things) -> HttpResponse:
    url = address(action, things)
    data = action.data(things) if callable(action.data) else action.data
    if action.method == "GET":
        return client.get(url)  # type: ignore[return-value]
    kind = {"content_type": "application/json"} if action.as_json else {}
    return getattr(client, action.method.lower())(url, data, **kind)


def let_in(response: HttpResponse) -> bool:
    """Neither refused nor sent to sign in."""
    to_login = response.status_code == 302 and "/admin/login/" in response["Location"]
    return not to_login and response.status_code not in (401, 403)


@pytest.mark.parametrize("action", TABLE, ids=lambda action: action.name)
def test_each_cell(action: Action, people: dict[str, Client], things: Things) -> None:
    found = "".join(letter if tried(action, people[letter], things) else "-" for letter in PEOPLE)
    assert found == action.who, f"{action.name}: {found} may, {action.who} is written"


def test_no_page_and_no_route_lacks_a_line() -> None:
    known = {action.route for action in TABLE}
    lacking = [
        route
        for route in routes()
        if route and route not in known and not route.startswith((*PUBLIC, *NO_PAGES))
    ]
    assert not lacking, f"Add a line to TABLE for each of {lacking}"


def test_no_line_is_about_nothing() -> None:
    there = set(routes())
    assert not [action.route for action in TABLE if action.route not in there]


def test_the_documentation_has_the_table() -> None:
    assert as_markdown() in DOCS.read_text(), f"docs/roles.md should have:\n{as_markdown()}"
