"""What is done to the index by hand, on its page: building, dropping, trying again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from iiifsearch.index import manage
from iiifsearch.index.watching import watching
from iiifsearch.models import Seen
from tests.iiifsearch.admin.test_index_state import make_canvases, make_picture, see
from tests.iiifsearch.index.test_manage import OLD, leave_vectors
from tests.iiifsearch.vectors import INDEX, fill
from tests.people import signed_in

PAGE = "/admin/index-state/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    return partial(signed_in, staff=True)


def jobs() -> list[tuple[str, dict[str, Any]]]:
    rows = ProcrastinateJob.objects.order_by("id")
    return [(job.task_name.rpartition(".")[2], job.args) for job in rows]


def test_every_encoder_is_listed_with_what_it_is(client_with: Callable[..., Client]) -> None:
    response = client_with("view_seen").get(PAGE)
    page = response.content.decode()
    specs = {feature.spec.key: feature for feature in response.context["features"] if feature.spec}
    assert set(specs) == set(manage.live_keys())
    learned = specs["efficientnet-lite0-1"]
    assert len(learned.weights) == 12 and f"<code>{learned.weights}</code>" in page
    assert specs["colour-1"].weights == ""
    assert "Texts are compared with pictures by <strong>art-joint</strong>" in page
    assert "formaction" not in page  # who may only look


def test_an_index_is_built_by_a_worker(
    client_with: Callable[..., Client], django_capture_on_commit_callbacks: Any
) -> None:
    client = client_with("view_seen", "manage_index")
    assert f"{PAGE}build/colour-1/" in client.get(PAGE).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{PAGE}build/colour-1/")["Location"] == PAGE
    assert jobs() == [("build_index", {"key": "colour-1"})]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == ("colour-1", "Index to be built anew.")


@pytest.mark.parametrize("key", [OLD, "nonsense", "%00", "x" * 500])
def test_what_is_no_encoder_is_not_there(client_with: Callable[..., Client], key: str) -> None:
    client = client_with("manage_index")
    assert client.post(f"{PAGE}build/{key}/").status_code == 404
    assert client.get(f"{PAGE}drop/{key}/").status_code == 404


def test_dropping_asks_first_with_the_count(
    client_with: Callable[..., Client], django_capture_on_commit_callbacks: Any
) -> None:
    leave_vectors(3)
    client = client_with("view_seen", "manage_index")
    assert f"{PAGE}drop/{OLD}/" in client.get(PAGE).content.decode()
    asked = client.get(f"{PAGE}drop/{OLD}/").content.decode()
    assert "<strong>3</strong> vectors" in asked and jobs() == []
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{PAGE}drop/{OLD}/")["Location"] == PAGE
    assert jobs() == [("drop_encoder", {"key": OLD})]


def test_what_is_live_is_not_dropped(client_with: Callable[..., Client]) -> None:
    client = client_with("view_seen", "manage_index")
    page = client.post(f"{PAGE}drop/colour-1/", follow=True).content.decode()
    assert "colour-1 is live" in page and jobs() == []


def test_it_takes_the_permission_and_post(client_with: Callable[..., Client]) -> None:
    leave_vectors(1)
    client = client_with("view_seen", "change_seen")
    for page in (f"build/{OLD}/", f"drop/{OLD}/"):
        assert client.post(f"{PAGE}{page}").status_code == 403
    assert client_with("manage_index").get(f"{PAGE}build/colour-1/").status_code == 405
    assert client_with("view_seen").post(f"{PAGE}retry/").status_code == 403
    assert client_with("view_canvas").get(f"{PAGE}builds/").status_code == 403


def test_a_group_of_failures_is_tried_again(
    client_with: Callable[..., Client], django_capture_on_commit_callbacks: Any
) -> None:
    for canvas in make_canvases(2):
        see(canvas, "colour-1", "failed", reason="It is\nno <picture>.", attempts=5)
    client = client_with("view_seen", "change_seen")
    assert "It is\nno &lt;picture&gt;." in client.get(PAGE).content.decode()
    # As a browser sends it.
    sent = {"feature": "colour-1", "reason": "It is\r\nno <picture>."}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}retry/", sent)
    assert Seen.objects.filter(attempts=0, retry_at__isnull=False).count() == 2
    assert {"extract_all", "index_all"} <= {name for name, _ in jobs()}
    page = client.post(f"{PAGE}retry/", {"feature": "a\0b"}, follow=True).content.decode()
    assert "0 canvases are tried again" in page


def test_the_page_says_how_another_space_comes_to_answer(
    client_with: Callable[..., Client], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from ml import registry

    first, text = registry.get("art-joint"), registry.partner(registry.get("art-joint"))
    assert text is not None
    other = [
        replace(spec, name=name, space="other")
        for spec, name in ((first, "other-pictures"), (text, "other-texts"))
    ]
    monkeypatch.setattr(registry, "_specs", dict(registry._specs))
    for spec in other:
        registry.register(spec)
    live = ("colour", "art-joint", "other-pictures")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": live}
    page = client_with("view_seen").get(PAGE).content.decode()
    told = (
        "IIIFSEARCH[&quot;image_encoders&quot;] = (&quot;colour&quot;, &quot;other-pictures&quot;, "
    )
    assert told + "&quot;art-joint&quot;)" in page


def test_pictures_are_fetched_again_from_there(client_with: Callable[..., Client]) -> None:
    make_picture("failed", kind="timeout", host="slow.example.org")
    page = client_with("view_seen", "change_picture").get(PAGE).content.decode()
    assert "/admin/catalog/picture/retry/?kind=timeout&amp;host=slow.example.org" in page
    assert "picture/retry" not in client_with("view_seen").get(PAGE).content.decode()


def test_a_build_that_lacks_memory_says_so(transactional_db: None, settings: Any) -> None:
    fill(4000)
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 2}
    client = signed_in("view_seen", staff=True)
    pages: list[str] = []

    def look(found: list[manage.Build]) -> None:
        if found:
            pages.append(client.get(f"{PAGE}builds/").content.decode())

    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    try:
        with connection.cursor() as cursor:
            # For the session that looks, which is a new one, and for the one that builds.
            cursor.execute(f"ALTER DATABASE {database} SET maintenance_work_mem = '1MB'")
            cursor.execute("SET maintenance_work_mem = '1MB'")
        with watching(look, every=0.02):
            assert manage.rebuild(INDEX.spec.key)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {database} RESET maintenance_work_mem")
            cursor.execute("RESET maintenance_work_mem")
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX.name}")
    told = next(page for page in pages if "loading tuples" in page)
    assert "of memory and the build may take 2.0\xa0MB" in told
    assert "build_memory_mb" in told and f'aria-label="{INDEX.name}"' in told
    assert "build_memory_mb" not in client.get(f"{PAGE}builds/").content.decode()
