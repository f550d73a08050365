"""The pages of the admin, by axe-core: those of ours, and Django's with what we put on them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog import collecting
from catalog.models import HarvestRun, Source
from iiifsearch import second_factor
from iiifsearch.models import Duplicate
from iiifsearch.rules.rule import Rule
from tests.axe import OPTIONS, violations_in_light_and_dark
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.pages.test_collections import make, put
from tests.viewers.served import packages

pytestmark = needs_chromium

#: Of Django 5.2's own templates, which every project has: links of the way back without a line
#: under them, filters of 20 pixels' height, a search field whose label is a picture, fields that
#: complete what is typed and are not named while they are empty.
DJANGOS = (
    *(".breadcrumbs", "data-filter-title", '[a[href="?', "[#searchbar]"),
    *("[.select2-", "[#select2-"),
)


@pytest.fixture
def addresses(transactional_db: None, library: Library) -> list[str]:
    packages()  # or the test is skipped before anything is looked at
    canvas, manifest = library.canvas("boats"), library.manifest("boats")
    one, other = sorted((canvas.pk, library.canvas("letter").pk))
    said = {"similarity": 0.8, "inliers": 40, "probability": 0.99}
    pair = Duplicate.objects.create(first_id=one, second_id=other, **said)
    run, source = HarvestRun.objects.latest("pk"), Source.objects.latest("pk")
    harvested = library.collection
    made = collecting.create("By the sea", by=None)
    collecting.add(made, [canvas.pk, library.canvas("letter").pk], by=None, by_rule=True)
    changed = (
        f"canvas/{canvas.pk}/change/",
        f"manifest/{manifest.pk}/change/",
        f"collection/{harvested.pk}/change/",
        f"collection/{made.pk}/change/",
        f"collection/{made.pk}/order/",
        "collection/order/",
        f"source/{source.pk}/change/",
        f"harvestrun/{run.pk}/change/",
    )
    ruled = make("Ruled", rule=Rule(words="boats").written())
    put(ruled, canvas)
    listed = ("canvas", "manifest", "collection", "comment", "source", "harvestrun", "host")
    return [
        "",
        "index-state/",
        "classes/",
        "journal/",
        "token/",
        "two-factor/",
        "fill/",
        f"fill/?take=ticked&canvas={canvas.key}&of=/",
        f"collections/{ruled.pk}/rule/",
        f"collections/{ruled.pk}/rule/?look=1",
        f"exports/?collection={harvested.key}",
        "catalog/source/add/",
        "catalog/comment/import/",
        f"catalog/comment/add/?canvas={canvas.pk}",
        "catalog/picture/",
        "iiifsearch/duplicate/",
        "iiifsearch/duplicate/add/",
        "iiifsearch/duplicate/groups/",
        f"iiifsearch/duplicate/{pair.pk}/change/",
        *(f"catalog/{name}/" for name in listed),
        *(f"catalog/{page}" for page in changed),
    ]


def test_no_page_keeps_a_curator_out(
    addresses: list[str], live_server: object, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "two_factor": "offered"}
    client = Client()
    user = User.objects.create_superuser("curator")
    client.force_login(user)
    client.post("/admin/token/", {"name": "nightly"})  # and so to the journal
    second_factor.begin(user)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    found: list[str] = []
    with new_page(color_scheme="light", **OPTIONS) as page:
        page.context.add_cookies([{**session, "url": f"{live_server}"}])
        for address in addresses:
            assert page.goto(f"{live_server}/admin/{address}").status == 200, address
            for told in violations_in_light_and_dark(page):
                if not any(part in told for part in DJANGOS):
                    found.append(f"{address}: {told}")
    assert not found, "\n".join(found)
