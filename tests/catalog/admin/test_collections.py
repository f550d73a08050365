"""Curated collections: made, described, nested, filled; and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Activity, Collection, CollectionCanvas
from tests.catalog.admin.conftest import make_canvas, make_collection
from tests.people import person_of

ADD = "/admin/catalog/collection/add/"
LIST = "/admin/catalog/collection/"
CANVASES = "/admin/catalog/canvas/"
MAY = ("view_collection", "change_collection")


def page_of(collection: Collection) -> str:
    return reverse("admin:catalog_collection_change", args=[collection.pk])


def form(title: str = "Boats", **values: Any) -> dict[str, Any]:
    said = {"label-language": ["en"], "label-text": [title]}
    said |= {"summary-language": [""], "summary-text": [""]}
    return {"rights": "", "state": "draft", "parent": ""} | said | values


def members(collection: Collection) -> list[tuple[int, int]]:
    return list(collection.canvases.order_by("position").values_list("canvas_id", "position"))


def fresh(collection: Collection) -> Collection:
    return Collection.objects.get(pk=collection.pk)


# -- texts and rights --------------------------------------------------------------------------


def test_a_new_collection_gets_its_key(curators_client: Client) -> None:
    for _ in range(2):
        assert curators_client.post(ADD, form()).status_code == 302
    keys = set(Collection.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 16 for key in keys)


def test_texts_in_several_languages(curators_client: Client, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "languages": ("de", "en")}
    given = form()
    given["label-language"] = ["en", "de", "", "en"]
    given["label-text"] = ["Boats", " Schiffe ", "", "Ships"]
    given["summary-language"], given["summary-text"] = ["", "pt-BR"], ["Silent.", "Só\r\nbarcos"]
    assert curators_client.post(ADD, given).status_code == 302
    made = Collection.objects.get()
    assert made.label == {"en": ["Boats", "Ships"], "de": ["Schiffe"]}
    assert made.summary == {"none": ["Silent."], "pt-BR": ["Só\nbarcos"]}
    assert made.title == "Schiffe"
    page = curators_client.get(page_of(made)).content.decode()
    assert 'value="Ships"' in page and "Só\nbarcos" in page
    given["label-language"], given["label-text"] = ["de"], ["Kähne"]
    assert curators_client.post(page_of(made), given).status_code == 302
    assert (fresh(made).title, fresh(made).label) == ("Kähne", {"de": ["Kähne"]})


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("english please", "Boats", "is no language"),
        ("en", "  ", "A title is wanted"),
        ("en", "Bo\0ats", "NUL"),
        ("en", "x" * 1001, "1001 characters"),
    ],
)
def test_a_text_that_cannot_be_kept_is_told_and_not_lost(
    curators_client: Client, language: str, text: str, said: str
) -> None:
    collection = make_collection(label={"en": ["Boats"]}, state="draft")
    given = form(**{"label-language": ["de", language], "label-text": ["", text]})
    given["summary-text"] = ["All about it"]
    answer = curators_client.post(page_of(collection), given)
    page = answer.content.decode()
    assert answer.status_code == 200 and said in page and "All about it" in page
    assert fresh(collection).label == {"en": ["Boats"]}


def test_a_title_of_before_is_kept(curators_client: Client) -> None:
    collection = make_collection("Only a title", state="draft")
    page = curators_client.get(page_of(collection)).content.decode()
    assert 'value="Only a title"' in page
    curators_client.post(page_of(collection), form("Only a title", teaches="on"))
    changed = fresh(collection)
    assert (changed.title, changed.teaches) == ("Only a title", True)


def test_rights(curators_client: Client) -> None:
    collection = make_collection(state="draft")
    pasted = "https://creativecommons.org/licenses/by/4.0/deed.de"
    curators_client.post(page_of(collection), form(rights=pasted))
    assert fresh(collection).rights == "http://creativecommons.org/licenses/by/4.0/"
    for wrong in ("javascript:alert(1)", "mine", "http://", "http://x/<b>", "http://[::1"):
        answer = curators_client.post(page_of(collection), form(rights=wrong))
        assert answer.status_code == 200 and "A URI is wanted" in answer.content.decode()
    assert fresh(collection).rights == "http://creativecommons.org/licenses/by/4.0/"
    assert "rightsstatements.org/vocab/InC/1.0/" in answer.content.decode()


# -- nesting -----------------------------------------------------------------------------------


def test_no_collection_lies_in_itself(curators_client: Client) -> None:
    top = make_collection("top")
    middle = make_collection("middle", parent=top)
    low = make_collection("low", parent=middle)
    for parent in (top, middle, low):
        response = curators_client.post(page_of(top), form("top", parent=parent.pk))
        assert response.status_code == 200
        assert "would lie in itself" in response.content.decode()
    assert curators_client.post(page_of(low), form("low", parent=top.pk)).status_code == 302
    assert fresh(low).parent == top


def test_who_comes_last_is_last_where_there_is_an_order(curators_client: Client) -> None:
    parent, other = make_collection("parent"), make_collection("other")
    make_collection("one", parent=parent, position=1)
    make_collection("two", parent=parent, position=2)
    comes = make_collection("comes", state="draft")
    curators_client.post(page_of(comes), form("comes", parent=parent.pk))
    assert fresh(comes).position == 3
    curators_client.post(page_of(comes), form("comes", parent=other.pk))
    assert fresh(comes).position == 0, "by title, until somebody orders them"


def test_only_into_what_is_theirs(client_with: Callable[..., Client]) -> None:
    client = client_with(*MAY)
    theirs, mine = make_collection("theirs"), make_collection("mine", state="draft")
    theirs.curators.add(User.objects.create_user("somebody"))
    harvested = make_collection("harvested", uri="https://example.org/c")
    for parent in (theirs, harvested):
        answer = client.post(page_of(mine), form("mine", parent=parent.pk))
        assert "Only who may change" in answer.content.decode()
    Collection.objects.filter(pk=mine.pk).update(parent=theirs)
    assert "Only who may change" in client.post(page_of(mine), form("mine")).content.decode()
    assert fresh(mine).parent == theirs
    answer = client.post(page_of(mine), form("Mine now", parent=theirs.pk))
    assert answer.status_code == 302, "what stays where it is, is edited all the same"
    choice = "/admin/autocomplete/?app_label=catalog&model_name=collection&field_name=parent&term="
    assert [row["text"] for row in client.get(choice).json()["results"]] == ["Mine now"]


def test_of_a_harvested_collection_only_the_state_is_edited(curators_client: Client) -> None:
    harvested = make_collection("Theirs", uri="https://example.org/collection")
    parent = make_collection("Ours")
    given = form("Mine", parent=parent.pk, state="draft")
    assert curators_client.post(page_of(harvested), given).status_code == 302
    changed = fresh(harvested)
    assert (changed.title, changed.parent, changed.state) == ("Theirs", None, "draft")
    assert changed.label == {}


# -- whose it is -------------------------------------------------------------------------------


def test_who_is_named_alone_may_change_it(client_with: Callable[..., Client]) -> None:
    named, other = client_with(*MAY), client_with(*MAY)
    every = client_with(*MAY, "change_every_collection")
    collection = make_collection(state="draft")
    assert other.post(page_of(collection), form("Anybody's")).status_code == 302
    collection.curators.add(person_of(named))
    assert other.post(page_of(collection), form("Stolen")).status_code == 403
    assert other.get(page_of(collection)).status_code == 200, "to look is another thing"
    assert named.post(page_of(collection), form("Kept")).status_code == 302
    assert every.post(page_of(collection), form("By the chief", curators=[])).status_code == 302
    assert fresh(collection).title == "By the chief"


def test_who_names_curators(client_with: Callable[..., Client]) -> None:
    client, every = client_with(*MAY), client_with(*MAY, "change_every_collection")
    person = person_of(client)
    collection = make_collection(state="draft")
    assert 'name="curators"' not in client.get(page_of(collection)).content.decode()
    client.post(page_of(collection), form(curators=[person.pk]))
    assert not collection.curators.exists()
    assert 'name="curators"' in every.get(page_of(collection)).content.decode()
    every.post(page_of(collection), form(curators=[person.pk]))
    assert collection.curators.get() == person


def test_only_curated_drafts_are_deleted(curators_client: Client) -> None:
    draft = make_collection(state="draft")
    for kept in (
        make_collection(),
        make_collection(uri="https://example.org/collection", state="draft"),
    ):
        delete = reverse("admin:catalog_collection_delete", args=[kept.pk])
        assert curators_client.post(delete, {"post": "yes"}).status_code == 403
    delete = reverse("admin:catalog_collection_delete", args=[draft.pk])
    assert curators_client.post(delete, {"post": "yes"}).status_code == 302
    assert Collection.objects.count() == 2


def test_nobody_deletes_what_is_others(client_with: Callable[..., Client]) -> None:
    client = client_with(*MAY, "delete_collection")
    collection = make_collection(state="draft")
    collection.curators.add(User.objects.create_user("somebody"))
    delete = reverse("admin:catalog_collection_delete", args=[collection.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    collection.curators.clear()
    assert client.post(delete, {"post": "yes"}).status_code == 302


# -- publishing --------------------------------------------------------------------------------


def test_since_when_it_is_public_and_by_whom(curators_client: Client, curator: User) -> None:
    collection = make_collection(state="draft")
    curators_client.post(page_of(collection), form(state="published"))
    first = fresh(collection)
    assert first.published_at is not None and first.published_by == curator
    curators_client.post(page_of(collection), form("Ships", state="published"))
    assert fresh(collection).published_at == first.published_at
    assert "by curator" in curators_client.get(LIST).content.decode()
    curators_client.post(page_of(collection), form("Ships", state="draft"))
    assert (fresh(collection).published_at, fresh(collection).published_by) == (None, None)
    act(curators_client, "publish", collection)
    again = fresh(collection)
    assert again.published_by == curator and again.published_at > first.published_at
    kinds = list(Activity.objects.order_by("id").values_list("type", flat=True))
    assert kinds == ["Create", "Update", "Delete", "Create"]


def act(client: Client, action: str, *collections: Collection) -> Any:
    chosen = [collection.pk for collection in collections]
    return client.post(LIST, {"action": action, "_selected_action": chosen}, follow=True)


def test_to_publish_is_a_permission_of_its_own(client_with: Callable[..., Client]) -> None:
    draft, public = make_collection("draft", state="draft"), make_collection("public")
    client = client_with(*MAY, "add_collection")
    assert 'name="state"' not in client.get(page_of(draft)).content.decode()
    client.post(page_of(draft), form("draft", state="published"))
    client.post(page_of(public), form("public", state="draft"))
    act(client, "publish", draft)
    act(client, "make_draft", public)
    client.post(ADD, form("new", state="published"))
    states = dict(Collection.objects.values_list("title", "state"))
    assert states == {"draft": "draft", "public": "published", "new": "draft"}
    publisher = client_with(*MAY, "publish_collection", "add_collection")
    act(publisher, "publish", draft)
    publisher.post(ADD, form("newer", state="published"))
    states = dict(Collection.objects.values_list("title", "state"))
    assert (states["draft"], states["newer"]) == ("published", "published")


def test_to_publish_alone_is_not_enough(client_with: Callable[..., Client]) -> None:
    draft = make_collection(state="draft")
    client = client_with("view_collection", "publish_collection")
    act(client, "publish", draft)
    assert fresh(draft).state == "draft"


def test_actions_leave_what_is_others(client_with: Callable[..., Client]) -> None:
    mine, theirs = make_collection("mine", state="draft"), make_collection("theirs", state="draft")
    theirs.curators.add(User.objects.create_user("somebody"))
    client = client_with(*MAY, "publish_collection")
    page = act(client, "publish", mine, theirs).content.decode()
    assert "1 belong to other curators" in page
    assert (fresh(mine).state, fresh(theirs).state) == ("published", "draft")
    assert client.post(page_of(theirs), form(state="published")).status_code == 403


def test_what_lists_it_has_changed_too(curators_client: Client) -> None:
    parent = make_collection("parent")
    other = make_collection("other", state="draft")
    child = make_collection("child", parent=parent, state="draft")
    curators_client.post(page_of(child), form("a draft", parent=parent.pk))
    assert not Activity.objects.exists(), "a draft is nobody's business"
    curators_client.post(page_of(child), form("a", parent=parent.pk, state="published"))
    told = list(Activity.objects.order_by("id").values_list("type", "key"))
    assert told == [("Create", child.key), ("Update", parent.key)]
    curators_client.post(page_of(child), form("a", parent=other.pk, state="published"))
    assert list(Activity.objects.order_by("id").values_list("type", "key"))[2:] == [
        ("Update", child.key),
        ("Update", parent.key),
    ]
    act(curators_client, "make_draft", child, parent)
    assert Activity.objects.filter(type="Delete").count() == 2


# -- the page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 9])
def test_the_page_asks_the_same_whatever_is_in_it(curators_client: Client, count: int) -> None:
    collection = make_collection("<b>Boats</b>", state="draft", summary={"en": ["<i>x"]})
    for position in range(count):
        canvas = make_canvas(picture=True)
        CollectionCanvas.objects.create(collection=collection, canvas=canvas, position=position)
    curators_client.get(page_of(collection))
    with CaptureQueriesContext(connection) as captured:
        page = curators_client.get(page_of(collection)).content.decode()
    assert len(captured) <= 18
    assert "<b>Boats" not in page and "<i>x" not in page
    assert f'/admin/catalog/collection/{collection.pk}/order/"' in page


def test_who_only_looks_sees_the_texts(client_with: Callable[..., Client]) -> None:
    collection = make_collection(label={"de": ["Schiffe"]}, summary={"en": ["On the sea"]})
    page = client_with("view_collection").get(page_of(collection)).content.decode()
    assert "Schiffe" in page and "On the sea" in page and 'name="label-text"' not in page


# -- adding many at once -----------------------------------------------------------------------


def add(client: Client, *canvases: Any, **values: Any) -> Any:
    chosen = {"action": "add_to_collection", "_selected_action": [c.pk for c in canvases]}
    return client.post(values.pop("url", CANVASES), chosen | values)


def test_add_to_collection_asks_and_adds_after_the_last(curators_client: Client) -> None:
    collection = make_collection()
    one, two, three = (make_canvas() for _ in range(3))
    CollectionCanvas.objects.create(collection=collection, canvas=two, position=3)
    response = add(curators_client, one, two, three)
    assert response.status_code == 200
    assert "3 canvases will be added" in response.content.decode()
    response = add(curators_client, one, two, three, chosen="yes", collection=collection.pk)
    assert response["Location"] == page_of(collection)
    found = members(collection)
    assert found[0] == (two.pk, 3)
    assert {pk for pk, _ in found[1:]} == {one.pk, three.pk}
    assert [position for _, position in found] == [3, 4, 5]
    assert LogEntry.objects.get().change_message == "Added 2 canvases."


def test_add_to_a_new_collection(curators_client: Client) -> None:
    canvas = make_canvas()
    assert add(curators_client, canvas, chosen="yes").status_code == 200  # neither given
    add(curators_client, canvas, chosen="yes", title="Dogs")
    collection = Collection.objects.get()
    assert (collection.title, collection.state, len(collection.key)) == ("Dogs", "draft", 16)
    assert collection.label == {"en": ["Dogs"]}
    assert members(collection) == [(canvas.pk, 0)]


def test_add_all_that_a_filter_finds(curators_client: Client) -> None:
    collection = make_collection()
    wanted = [make_canvas(maker="Hokusai") for _ in range(3)]
    other = make_canvas()
    url = f"{CANVASES}?q=hokusai"
    page = add(curators_client, wanted[0], url=url, select_across="1").content.decode()
    assert "3 canvases will be added" in page
    assert page.count('name="_selected_action"') == 1
    given = {"select_across": "1", "chosen": "yes", "collection": collection.pk}
    add(curators_client, wanted[0], url=url, **given)
    assert {pk for pk, _ in members(collection)} == {canvas.pk for canvas in wanted}
    assert other.pk not in {pk for pk, _ in members(collection)}


def test_adding_needs_the_permission(client_with: Callable[..., Client]) -> None:
    collection, canvas = make_collection(), make_canvas()
    given = {"chosen": "yes", "collection": collection.pk}
    add(client_with("change_canvas", "view_collection"), canvas, **given)
    assert members(collection) == []
    add(client_with("view_canvas", "change_collection"), canvas, **given)
    assert len(members(collection)) == 1
    add(client_with("view_canvas", "change_collection"), canvas, chosen="yes", title="Mine")
    assert Collection.objects.count() == 1


def test_what_is_not_theirs_is_no_choice(client_with: Callable[..., Client]) -> None:
    harvested = make_collection("harvested", uri="https://example.org/collection")
    theirs = make_collection("theirs")
    theirs.curators.add(User.objects.create_user("somebody"))
    client, canvas = client_with("view_canvas", "change_collection"), make_canvas()
    for collection in (harvested, theirs):
        response = add(client, canvas, chosen="yes", collection=collection.pk)
        assert response.status_code == 200
        assert members(collection) == []
    named = client_with("view_canvas", "change_collection")
    theirs.curators.add(person_of(named))
    add(named, canvas, chosen="yes", collection=theirs.pk)
    assert len(members(theirs)) == 1
