"""What people write is found within one round of the index, published in both versions of Content
Search, and left alone by every harvest."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import comment_import, commenting
from catalog.comment_import import Defaults
from catalog.models import Comment
from iiifsearch import tasks
from tests.iiifsearch.conftest import Library

pytestmark = pytest.mark.django_db
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def writer(db: None) -> Client:
    user = User.objects.create_user("marta", first_name="Marta", last_name="Ruiz")
    user.user_permissions.set(Permission.objects.filter(codename="add_comment"))
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, method: str, path: str, data: dict[str, Any]) -> Any:
    return getattr(client, method)(path, json.dumps(data), content_type="application/json")


def run_the_job_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The change itself asks for the index; nobody waits for the round of every minute."""
    assert ProcrastinateJob.objects.filter(
        task_name="iiifsearch.tasks.index", status="todo"
    ).exists()
    monkeypatch.setattr("catalog.tasks.close_old_connections", lambda: None)
    tasks.index.func()
    ProcrastinateJob.objects.all().delete()  # done


def found_2(word: str) -> list[dict[str, Any]]:
    body = Client().get("/iiif/search/2/library", {"q": word}).json()
    return [item for item in body["items"] if item["motivation"] != "linking"]


def test_a_comment_is_found_at_once_and_gone_at_once(
    library: Library,
    writer: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    canvas = library.canvas("boats")
    said = {"canvas": canvas.key, "text": "A zeppelin above the quay", "language": "en"}
    with django_capture_on_commit_callbacks(execute=True):
        made = send(writer, "post", "/api/comments/",
                    said | {"rights": LICENCE, "xywh": "10,20,30,40"}).json()  # fmt: skip
    assert made["id"] not in [hit["id"] for hit in found_2("zeppelins")]
    run_the_job_that_was_asked_for(monkeypatch)
    (hit,) = [one for one in found_2("zeppelins") if one["id"] == made["id"]]  # by its stem
    assert (hit["id"], hit["rights"]) == (made["id"], LICENCE)
    assert hit["creator"] == {"name": "Marta Ruiz"}
    assert (hit["created"], hit["modified"]) == (made["created"], made["modified"])
    assert hit["target"]["selector"]["value"] == "xywh=10,20,30,40"
    old = Client().get("/iiif/search/1/library", {"q": "zeppelins"}).json()
    (resource,) = [one for one in old["resources"] if one["@id"] == made["id"]]
    assert (resource["license"], resource["dcterms:creator"]) == (LICENCE, "Marta Ruiz")
    assert resource["resource"]["language"] == "en"
    assert resource["on"].endswith("#xywh=10,20,30,40")
    rest = Client().get("/api/search/", {"q": "zeppelins"}).json()
    assert rest["hits"][0]["key"] == canvas.key

    key = Comment.objects.get(origin="curator").key
    with django_capture_on_commit_callbacks(execute=True):
        send(writer, "patch", f"/api/comments/{key}/", {"text": "An airship above the quay"})
    run_the_job_that_was_asked_for(monkeypatch)
    # It may still be found, by what an airship means; but not by a word that it no longer has.
    assert "zeppelin above" not in json.dumps(found_2("zeppelin"))
    assert made["id"] in [hit["id"] for hit in found_2("airship")]
    with django_capture_on_commit_callbacks(execute=True):
        send(writer, "patch", f"/api/comments/{key}/", {"state": "draft"})
    # A draft is out of sight before any job runs.
    assert made["id"] not in [hit["id"] for hit in found_2("airship")]
    assert writer.delete(f"/api/comments/{key}/").status_code == 204
    assert Client().get(f"/iiif/annotation/{key}").status_code == 404


def test_a_harvest_leaves_ours_and_ours_leave_the_harvests(
    library: Library, writer: Client
) -> None:
    canvas = library.canvas("boats")
    user = User.objects.get()
    commenting.write(canvas, "Written here", author=user, region=(1, 2, 3, 4))
    table = f"canvas,id,text\n{canvas.key},1,Imported here\n"
    comment_import.carry_out(comment_import.plan(table.encode(), "csv", Defaults()), author=user)

    def bodies(*origins: str) -> list[str]:
        rows = Comment.objects.filter(canvas=canvas, origin__in=origins).order_by("pk")
        return list(rows.values_list("body", flat=True))

    assert bodies("curator") == ["Written here", "Imported here"]
    harvested = bodies("annotation")
    assert len(harvested) == 2
    # The source changes one of its annotations to our very words, and drops the other.
    made = json.loads(httpx.get(library.urls["boats"], trust_env=False).content)
    page = made["items"][0]["annotations"][0]
    page["items"] = page["items"][:1]
    page["items"][0]["body"]["value"] = "Written here"
    library.add("boats", made)
    library.harvest(library.urls["boats"])
    assert bodies("annotation") == ["Written here"]
    assert bodies("curator") == ["Written here", "Imported here"]
    ours = Comment.objects.get(canvas=canvas, origin="curator", body="Written here")
    assert (ours.x, ours.author) == (1, user)
    # And the other way round.
    commenting.change(ours, by=user, text="Rewritten")
    commenting.delete([ours], by=user)
    assert bodies("annotation") == ["Written here"]
    page["items"] = []
    library.add("boats", made)
    library.harvest(library.urls["boats"])
    assert bodies("annotation") == []
    assert bodies("curator") == ["Imported here"]
