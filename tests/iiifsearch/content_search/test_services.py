"""The Content Search services over Django: real library, real answers, both versions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from catalog.models import Canvas, Collection, CollectionCanvas, Comment, Manifest, State
from iiifsearch.content_search.schemas import problems
from iiifsearch.index.everything import index_everything
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.joint import cut_off

BASE = "http://library.example"
SCHEMAS = {("search", 1): "search1", ("search", 2): "search2"}
SCHEMAS |= {("autocomplete", 1): "term_list1", ("autocomplete", 2): "term_page2"}


def scopes(library: Library) -> dict[str, str]:
    return {
        "manifest": f"manifest/{library.manifest('boats').key}",
        "collection": f"collection/{library.collection.key}",
        "library": "library",
    }


def get(client: Client, url: str, status: int = 200, **headers: str) -> Any:
    """JSON at a path or a published URL."""
    parts = urlsplit(url)
    response = client.get(parts.path, QUERY_STRING=parts.query, headers=headers or None)
    assert response.status_code == status, response.content[:300]
    return response.json()


def bodies(answer: dict[str, Any]) -> list[str]:
    if "resources" in answer:
        return [item["resource"]["chars"] for item in answer["resources"]]
    found = []
    for item in answer["items"]:
        body = item["body"]
        texts = body if isinstance(body, list) else [body]
        found += [text["value"] for text in texts if "value" in text]
    return found


def canvases(answer: dict[str, Any]) -> list[str]:
    if "resources" in answer:
        return [item["on"].rsplit("#", 1)[0] for item in answer["resources"]]
    return [item["target"]["source"]["id"] for item in answer["items"]]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("scope", ["manifest", "collection", "library"])
@pytest.mark.parametrize("query", ["boat", "", "月夜", "nothing-like-this-zzz", "a" * 3000])
def test_every_answer_is_valid(
    version: int, scope: str, query: str, library: Library, client: Client
) -> None:
    path = f"/iiif/search/{version}/{scopes(library)[scope]}"
    answer = get(client, f"{path}?q={quote(query)}")
    assert problems(SCHEMAS["search", version], answer) == []


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("scope", ["manifest", "collection", "library"])
def test_likeness_is_asked_for_with_a_canvas_uri(
    version: int, scope: str, library: Library, client: Client
) -> None:
    uri = library.canvas("letter").raw_id
    path = f"/iiif/search/{version}/{scopes(library)[scope]}"
    for query in (uri, f"{uri}#xywh=100,100,400,300", f"{uri}#xywh=percent:10,10,50,50"):
        answer = get(client, f"{path}?q={quote(query, safe='')}")
        assert problems(SCHEMAS["search", version], answer) == []
        assert uri not in canvases(answer)
        assert canvases(answer), query


@pytest.mark.parametrize("version", [1, 2])
def test_a_manifests_service_never_names_a_foreign_canvas(
    version: int, library: Library, client: Client
) -> None:
    own = library.canvas("boats").raw_id
    path = f"/iiif/search/{version}/manifest/{library.manifest('boats').key}"
    for query in ("boat letter jardin moon", "", library.canvas("letter").raw_id):
        answer = get(client, f"{path}?q={quote(query, safe='')}")
        assert set(canvases(answer)) <= {own}


def test_words_are_quoted_where_they_stand(library: Library, client: Client) -> None:
    answer = get(client, "/iiif/search/1/library?q=moon")
    hit = next(h for h in answer["hits"] if h["match"] == "moon")
    assert hit["before"].endswith("under a pale ")
    assert hit["after"] == "."
    answer = get(client, "/iiif/search/2/library?q=moon")
    highlight = answer["annotations"][0]["items"][0]
    assert highlight["motivation"] == "highlighting"
    assert highlight["target"]["selector"][0]["exact"] == "moon"


def test_word_forms_and_accents_are_quoted_as_written(library: Library, client: Client) -> None:
    answer = get(client, "/iiif/search/1/library?q=fleur")
    assert "fleurs" in {hit["match"] for hit in answer["hits"]}
    answer = get(client, "/iiif/search/1/library?q=ete")
    assert "été" in {hit["match"] for hit in answer["hits"]}
    answer = get(client, "/iiif/search/1/library?q=" + quote("海に月"))
    assert "海に月" in {hit["match"] for hit in answer["hits"]}


def test_comments_target_their_region(library: Library, client: Client) -> None:
    answer = get(client, "/iiif/search/1/library?q=melancholy")
    assert answer["resources"][0]["on"].endswith("#xywh=10,20,30,40")
    answer = get(client, "/iiif/search/1/library?q=Bekker")
    assert answer["resources"][0]["on"].endswith("#xywh=0,0,800,600")


def test_rights_travel_with_every_hit(library: Library, client: Client) -> None:
    answer = get(client, "/iiif/search/2/library?q=boat")
    for item in answer["items"]:
        assert item["rights"] == "http://creativecommons.org/publicdomain/zero/1.0/"
        assert item["requiredStatement"]["value"] == {"en": ["The Example House"]}


def test_paging_walks_through_everything_once(
    library: Library, client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 3}
    for version, query in ((1, "boat+sea"), (2, "boat+sea"), (1, ""), (2, "")):
        url = f"/iiif/search/{version}/library?q={query}"
        seen: list[str] = []
        total = 0
        while url:
            answer = get(client, url)
            assert problems(SCHEMAS["search", version], answer) == []
            items = answer.get("resources", answer.get("items"))
            assert 0 < len(items) <= 3
            seen += [item.get("@id") or item["id"] for item in items]
            following = answer.get("next")
            url = following["id"] if isinstance(following, dict) else following
            total = answer["within"]["total"] if version == 1 else answer["partOf"][0]["total"]
        assert len(seen) == len(set(seen)) == total > 3


def test_filters(library: Library, client: Client) -> None:
    Comment.objects.filter(body__contains="melancholy").update(
        created="2020-05-01T00:00:00Z", creator="urn:curator:1"
    )
    base = "/iiif/search/2/library?q=boat+melancholy+vento"
    assert any("Vento" in body for body in bodies(get(client, base)))
    only = get(client, f"{base}&motivation=commenting")
    assert only["items"] and all(item["motivation"] == "commenting" for item in only["items"])
    assert get(client, f"{base}&motivation=painting")["items"] == []
    in_may = "2020-04-30T00:00:00Z/2020-05-02T00:00:00Z"
    assert bodies(get(client, f"{base}&date={in_may}")) == ["A quiet, melancholy picture."]
    assert bodies(get(client, f"{base}&user=urn:curator:1")) == ["A quiet, melancholy picture."]
    assert get(client, f"{base}&user=somebody-else")["items"] == []


@pytest.mark.parametrize(
    "query", ["q=a&date=2020", "q=a&date=2020-01-01T00:00:00Z", "q=a&page=x", "q=a&page=0"]
)
def test_bad_parameters_are_told(query: str, library: Library, client: Client) -> None:
    answer = get(client, f"/iiif/search/2/library?{query}", 400)
    assert "cannot be read" in answer["detail"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("scope", ["manifest", "collection", "library"])
def test_autocomplete(version: int, scope: str, library: Library, client: Client) -> None:
    path = f"/iiif/autocomplete/{version}/{scopes(library)[scope]}"
    answer = get(client, f"{path}?q=bo")
    assert problems(SCHEMAS["autocomplete", version], answer) == []
    values = [
        term.get("match") or term.get("value") for term in answer.get("terms") or answer["items"]
    ]
    assert "boats" in values
    assert ("boat" in values) == (scope != "manifest")
    assert get(client, path, 400)["detail"]


def test_autocomplete_counts_completes_the_last_word_and_obeys_min(
    library: Library, client: Client
) -> None:
    url = "/iiif/autocomplete/2/library?"
    assert {"value": "boats", "total": 2} in get(client, url + "q=boat")["items"]
    assert [t["value"] for t in get(client, url + "q=boat&min=2")["items"]] == ["boats"]
    assert [t["value"] for t in get(client, url + "q=pale+mo")["items"]] == ["pale moon"]
    assert get(client, url + "q=%25")["items"] == []
    assert get(client, url + "q=bo&motivation=x&user=y")["ignored"] == ["motivation", "user"]


def test_what_is_not_public_appears_nowhere(library: Library, client: Client) -> None:
    manifest = library.manifest("boats")
    key, uri = manifest.key, library.canvas("boats").raw_id
    Manifest.objects.filter(pk=manifest.pk).update(state=State.DRAFT)
    for path in (f"search/2/manifest/{key}", f"autocomplete/1/manifest/{key}", f"manifest/{key}"):
        assert "detail" in get(client, f"/iiif/{path}?q=boat", 404)
    everything = get(client, "/iiif/search/2/library?q=")
    assert uri not in canvases(everything)
    assert get(client, "/iiif/autocomplete/2/library?q=melanch")["items"] == []
    assert get(client, f"/iiif/search/2/library?q={quote(uri, safe='')}")["items"] == []
    comment = Comment.objects.filter(canvas=Canvas.objects.get(raw_id=uri)).first()
    assert comment is not None
    get(client, f"/iiif/annotation/{comment.key}", 404)
    assert client.get(f"/iiif/thumbnail/{comment.canvas.key}.jpg").status_code == 404
    assert key not in str(get(client, f"/iiif/collection/{library.collection.key}"))


def test_unknown_things_are_404_in_json(library: Library, client: Client) -> None:
    for path in (
        "search/2/manifest/nope",
        "autocomplete/1/collection/nope",
        "manifest/nope",
        "collection/nope",
        "annotation/nope",
        "annotations/nope",
        "likeness/a/b",
    ):
        answer = get(client, f"/iiif/{path}?q=a", 404)
        assert "nope" in answer["detail"] or "'a'" in answer["detail"]


def test_any_page_may_read_and_ask_first(library: Library, client: Client) -> None:
    preflight = client.options(
        "/iiif/search/2/library",
        headers={
            "Origin": "https://viewer.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert preflight.status_code == 204
    assert "content-type" in preflight["Access-Control-Allow-Headers"].lower()
    for path in ("/iiif/search/1/library?q=boat", "/iiif/manifest/nope"):
        assert client.get(path)["Access-Control-Allow-Origin"] == "*"
    refused = client.post("/iiif/search/1/library", {"q": "boat"})
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_content_negotiation_and_etag(library: Library, client: Client) -> None:
    url = "/iiif/search/2/library?q=boat"
    linked = client.get(url)["Content-Type"]
    assert linked == 'application/ld+json;profile="http://iiif.io/api/search/2/context.json"'
    plain = client.get(url, headers={"Accept": "application/json"})
    assert plain["Content-Type"] == "application/json"
    again = client.get(url, headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Accept" in plain["Vary"]


def test_ids_come_from_the_configured_base_and_can_be_followed(
    library: Library, client: Client
) -> None:
    for version in (1, 2):
        for query in ("boat", library.canvas("letter").raw_id):
            answer = get(client, f"/iiif/search/{version}/library?q={quote(query, safe='')}")
            for item in answer.get("resources") or answer["items"]:
                uri = item.get("@id") or item["id"]
                assert uri.startswith(f"{BASE}/iiif/")
                assert (get(client, uri).get("id") or get(client, uri)["@id"]) == uri
                assert (
                    client.get(
                        urlsplit(
                            item["thumbnail"] if version == 1 else item["thumbnail"][0]["id"]
                        ).path
                    ).status_code
                    == 200
                )


def test_decorated_manifest_keeps_canvas_ids_and_names_both_services(
    library: Library, client: Client
) -> None:
    manifest = library.manifest("boats")
    made = get(client, f"/iiif/manifest/{manifest.key}")
    assert made["id"] == f"{BASE}/iiif/manifest/{manifest.key}"
    assert made["items"][0]["id"] == library.canvas("boats").raw_id
    types = [service.get("type") or service["@type"] for service in made["service"]]
    assert types == ["SearchService2", "SearchService1"]
    assert get(client, made["service"][0]["id"] + "?q=boat")["items"]
    assert get(client, made["service"][1]["@id"] + "?q=boat")["resources"]
    pages = [page["id"] for page in made["items"][0]["annotations"]]
    page = get(client, pages[-1])
    assert {item["motivation"] for item in page["items"]} == {"commenting"}


def test_collections_lead_to_manifests(library: Library, client: Client) -> None:
    top = get(client, "/iiif/collection/top")
    assert [item["type"] for item in top["items"]] == ["Collection", "Manifest", "Manifest"]
    inner = get(client, top["items"][0]["id"])
    assert [item["type"] for item in inner["items"]] == ["Manifest", "Manifest"]
    assert get(client, inner["service"][0]["id"] + "?q=boat")["items"]
    assert get(client, inner["items"][0]["id"])["type"] == "Manifest"
    Collection.objects.update(state=State.DRAFT)
    assert "Collection" not in {i["type"] for i in get(client, "/iiif/collection/top")["items"]}


def test_html_in_comments_is_sanitised(library: Library, client: Client) -> None:
    canvas = library.canvas("boats")
    Comment.objects.create(
        canvas=canvas,
        key="html",
        origin="curator",
        body="Zeppelin over the bay",
        html='<b>Zeppelin</b> over the bay<script>alert(1)</script><img src=x onerror="alert(2)">',
    )
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=99)
    index_everything()
    for version in (1, 2):
        text = str(get(client, f"/iiif/search/{version}/library?q=zeppelin"))
        assert "<b>Zeppelin</b>" in text
        assert "<script" not in text and "onerror" not in text


def test_searches_are_throttled_in_json(db: None, client: Client, settings: Any) -> None:
    cache.clear()
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_reads": "2/min"}
    for status in (400, 400, 429):
        response = client.get("/iiif/autocomplete/2/library")
        assert response.status_code == status
    assert int(response["Retry-After"]) > 0
    assert "detail" in response.json()
    cache.clear()


def test_a_likeness_can_be_looked_up_also_that_of_a_region(
    library: Library, client: Client
) -> None:
    uri = library.canvas("letter").raw_id
    asked = quote(f"{uri}#xywh=100,100,400,300", safe="")
    item = get(client, f"/iiif/search/2/library?q={asked}")["items"][0]
    assert "%23xywh=100,100,400,300" in item["id"].replace("%3D", "=").replace("%2C", ",")
    alone = get(client, item["id"])
    assert (alone["id"], alone["why"]) == (item["id"], item["why"])
    key = library.canvas("letter").key
    for nonsense in (f"{key}%23nonsense/{key}", f"{key}/{key}", f"{key}%23xywh=0,0,0,0/{key}"):
        get(client, f"/iiif/likeness/{nonsense}", 404)


def test_hits_name_the_canvas_as_their_manifest_spells_it(library: Library, client: Client) -> None:
    boats = library.manifest("boats")
    boats.appearances.update(raw_id="https://elsewhere.example/canvas")
    for version in (1, 2):
        answer = get(client, f"/iiif/search/{version}/manifest/{boats.key}?q=moon")
        assert set(canvases(answer)) == {"https://elsewhere.example/canvas"}


def test_withdrawn_canvases_leave_the_published_manifest(library: Library, client: Client) -> None:
    manifest = library.manifest("boats")
    Canvas.objects.filter(manifests=manifest).update(state=State.WITHDRAWN)
    made = get(client, f"/iiif/manifest/{manifest.key}")
    assert made["items"] == []


def test_a_curated_collection_lists_the_manifests_of_its_canvases(
    library: Library, client: Client
) -> None:
    mine = Collection.objects.create(key="mine", title="Mine")
    CollectionCanvas.objects.create(collection=mine, canvas=library.canvas("jardin"))
    answer = get(client, "/iiif/collection/mine")
    assert [item["id"] for item in answer["items"]] == [
        f"{BASE}/iiif/manifest/{library.manifest('jardin').key}"
    ]
    assert get(client, "/iiif/search/2/collection/mine?q=fleurs")["items"]


def test_a_missing_encoder_is_told_in_json(
    library: Library, client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path / "none"}
    answer = get(client, "/iiif/search/2/library?q=boat", 503)
    assert "export" in answer["detail"]


ENDPOINTS = (
    *("/iiif/search/1/library?q={}", "/iiif/search/2/library?q={}&motivation={}&user={}"),
    *("/iiif/search/2/library?q=a&page={}", "/iiif/search/2/library?q=a&date={}"),
    *("/iiif/autocomplete/1/library?q={}", "/iiif/autocomplete/2/library?q=a&min={}"),
    *("/iiif/manifest/{}", "/iiif/likeness/{}/{}", "/iiif/annotation/{}", "/iiif/thumbnail/{}.jpg"),
    *("/api/search/?q={}", "/api/search/?q=a&limit={}", "/api/similar/?canvas={}"),
    *("/?q={}", "/?like={}", "/?q=a&page={}", "/painting/{}/", "/painting/{}/picture.jpg"),
)
NASTY = (
    *("\0", "²", "9" * 5000, "-1", "%", "_", "\\", "'; DROP TABLE x; --", "http://[::1", "'" * 99),
    *("http://xn--/#xywh=1,2,3,4", "\ud800", "#xywh=percent:nan,1,1,1", '"' * 333, "a" * 9000),
    *("http://x.example/#xywh=" + "9" * 400 + ",1,1,1", "﷽" * 300, "\u202e\ufeff", "(" * 500),
)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_request_is_an_internal_error(endpoint: str, library: Library, client: Client) -> None:
    for nasty in NASTY:
        value = quote(nasty, safe="", errors="surrogatepass")
        response = client.get(endpoint.replace("{}", value))
        assert response.status_code < 500, (endpoint, nasty[:40], response.content[:200])


def test_what_only_its_picture_tells_is_found_and_can_be_looked_up(
    library: Library, client: Client, anything: None
) -> None:
    Comment.objects.all().delete()
    asked = quote("A quiet sea; boats/ships by night?", safe="")
    answer = get(client, f"/iiif/search/2/library?q={asked}")
    assert len(answer["items"]) == 4
    item = answer["items"][0]
    assert item["motivation"] == "linking" and "the picture shows something alike" in item["why"]
    assert item["target"]["source"]["id"] in {
        library.canvas(name).raw_id for name in library.urls if name != "c"
    }
    alone = get(client, item["id"])
    assert (alone["id"], alone["why"]) == (item["id"], item["why"])
    assert len(get(client, f"/iiif/search/1/library?q={asked}")["resources"]) == 4
    for more in ("motivation=commenting", "user=https://example.org/ada"):
        assert get(client, f"/iiif/search/2/library?q={asked}&{more}")["items"] == []
    get(client, "/iiif/shown/nobody/boats", 404)


def test_what_a_picture_does_not_show_is_not_there(
    library: Library, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(monkeypatch, 1.0)
    get(client, f"/iiif/shown/{library.canvas('boats').key}/boats", 404)
