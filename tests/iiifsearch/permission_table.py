"""Who may do what: every page of the admin, every route of REST, every public page.

A line of `TABLE` is an action; its second column says who may: one letter for each of `PEOPLE`, in
their order, "-" for who may not.

    a  anonymous: nobody is signed in
    r  Reader
    c  Curator
    o  another Curator, whom a collection that names its curators does not name
    h  Harvester
    A  Administrator

To add a page: one line of `TABLE`. `model` stands for Django's own pages of a model. ``{pk}`` in a
route's place is filled in by itself, from `things`, by the name of the model in the route.
``proof``: what differs afterwards where it was allowed, for actions that Django answers alike
whether it did them or not. ``says``: the action in words, for docs/roles.md; else it is no write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.urls import URLPattern, get_resolver

from iiifsearch.models import Batch

PEOPLE = "arcohA"
#: Everybody; everybody on the staff; nobody.
ALL, STAFF, NOBODY = "arcohA", "-rcohA", "------"

Things = dict[str, Any]


@dataclass(frozen=True)
class Action:
    method: str
    route: str  # as Django's resolver has it, from the root
    who: str
    says: str = ""
    data: Any = field(default_factory=dict)  # a dict, or a function of the things
    query: str = ""
    proof: Callable[[Things], Any] | None = None
    as_json: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.route or '/'} {self.says}".strip()


def _state(thing: str) -> Callable[[Things], Any]:
    def proof(things: Things) -> Any:
        row = things[thing]
        return type(row).objects.values_list("state", flat=True).get(pk=row.pk)

    return proof


def _number_of(thing: str) -> Callable[[Things], Any]:
    return lambda things: type(things[thing]).objects.count()


def _undone(things: Things) -> Any:
    return Batch.objects.values_list("undone_at").get(pk=things["decisions"].pk)


def _journal(things: Things) -> int:
    return LogEntry.objects.count()


def model(
    label: str, see: str, *, add: str = NOBODY, change: str = NOBODY, delete: str = NOBODY
) -> list[Action]:
    """Django's pages of a model: ``label`` is "catalog.source"."""
    app, name = label.split(".")
    root, one = f"admin/{app}/{name}/", f"admin/{app}/{name}/<path:object_id>/"
    words = {"add": add, "change": change, "delete": delete}
    thing = str(apps.get_model(label)._meta.verbose_name)
    article = "an" if thing[0] in "AEIO" else "a"
    says = {
        verb: f"{verb} {article} {thing}" if who != NOBODY else "" for verb, who in words.items()
    }
    return [
        Action("GET", root, see),
        Action("GET", f"{one}change/", see),
        Action("GET", f"{one}history/", see),
        Action("GET", one, STAFF),  # leads to the page, which asks who may
        Action("POST", f"{root}add/", add, says["add"]),
        Action("POST", f"{one}change/", change, says["change"]),
        Action("POST", f"{one}delete/", delete, says["delete"], {"post": "yes"}),
    ]


def chosen(route: str, who: str, action: str, says: str, proof: Any, **data: Any) -> Action:
    """An action of Django's list, on the one row that there is."""
    name = route.rstrip("/").rpartition("/")[2]

    def sent(things: Things) -> dict[str, Any]:
        return {"action": action, "_selected_action": [things[name].pk], **data}

    return Action("POST", route, who, says, sent, proof=proof)


def get(route: str, who: str, query: str = "") -> Action:
    return Action("GET", route, who, query=query)


def post(route: str, who: str, says: str, data: Any = None, **more: Any) -> Action:
    return Action("POST", route, who, says, data or {}, **more)


def rest(method: str, route: str, who: str, says: str = "", data: Any = None) -> Action:
    return Action(method, route, who, says, data or {}, as_json=True)


TABLE: list[Action] = [
    # -- the admin: sources, harvests, hosts, pictures ----------------------------------------
    *model("catalog.source", "-rcohA", add="----hA", change="----hA"),
    post("admin/catalog/source/<int:pk>/harvest/", "----hA", "harvest a source again"),
    get("admin/catalog/source/<int:pk>/pictures/", "----hA"),
    post("admin/catalog/source/<int:pk>/pictures/", "----hA", "keep a source's pictures, or not"),
    chosen(
        *("admin/catalog/source/", "----hA", "harvest_again", "harvest chosen sources"),
        _journal,
    ),
    *model("catalog.harvestrun", "-rcohA"),
    get("admin/catalog/harvestrun/<int:pk>/progress/", "-rcohA"),
    post("admin/catalog/harvestrun/<int:pk>/pause/", "----hA", "pause a harvest"),
    post("admin/catalog/harvestrun/<int:pk>/resume/", "----hA", "resume a harvest"),
    get("admin/catalog/harvestrun/<int:pk>/cancel/", "----hA"),
    post("admin/catalog/harvestrun/<int:pk>/cancel/", "----hA", "cancel a harvest"),
    post("admin/catalog/harvestrun/<int:pk>/retry/", "----hA", "try a harvest's failures again"),
    *model("catalog.harvestitem", "-rcohA"),
    *model("catalog.host", "-rcohA", add="----hA", change="----hA", delete="-----A"),
    post("admin/catalog/host/<int:pk>/ask-again/", "----hA", "ask a host again"),
    *model("catalog.picture", "-rcohA"),
    post("admin/catalog/picture/retry/", "----hA", "fetch failed pictures again"),
    # -- the admin: what was harvested ----------------------------------------------------------
    *model("catalog.manifest", "-rcohA", change="--co-A"),
    get("admin/catalog/manifest/<int:pk>/raw.json", "-rcohA"),
    chosen(
        *("admin/catalog/manifest/", "--co-A", "make_draft", "publish a manifest, or take it back"),
        _state("manifest"),
    ),
    chosen(
        *("admin/catalog/manifest/", "--co-A", "withdraw", "withdraw a manifest"),
        _state("manifest"),
        confirmed="yes",
        reason="It was asked for.",
    ),
    *model("catalog.canvas", "-rcohA", change="--co-A"),
    get("admin/catalog/canvas/<int:pk>/thumbnail.jpg", "-rcohA"),
    get("admin/catalog/canvas/<int:pk>/picture.jpg", "-rcohA"),
    chosen(
        *("admin/catalog/canvas/", "--co-A", "make_draft", "publish a canvas, or take it back"),
        _state("canvas"),
    ),
    chosen(
        *("admin/catalog/canvas/", "--co-A", "withdraw", "withdraw a canvas"),
        _state("canvas"),
        confirmed="yes",
        reason="It was asked for.",
    ),
    chosen(
        *("admin/catalog/canvas/", "--co-A", "add_to_collection", "collect canvases"),
        _number_of("collection"),
        chosen="yes",
        title="A new one",
    ),
    *model("catalog.comment", "-rcohA", add="--co-A", change="--co-A", delete="--co-A"),
    get("admin/catalog/comment/import/", "--co-A"),
    post("admin/catalog/comment/import/", "--co-A", "import comments"),
    # -- the admin: collections -----------------------------------------------------------------
    *model("catalog.collection", "-rcohA", add="--co-A", change="--c--A", delete="--c--A"),
    chosen(
        *("admin/catalog/collection/", "--c--A", "publish", "publish a collection"),
        _state("collection"),
    ),
    get("admin/catalog/collection/<int:pk>/order/", "-rcohA"),
    post(
        *("admin/catalog/collection/<int:pk>/order/", "--c--A", "order a collection's paintings"),
        {"do": "no-cover"},
    ),
    get("admin/catalog/collection/<int:pk>/order/collections/", "-rcohA"),
    post(
        "admin/catalog/collection/<int:pk>/order/collections/",
        *("--c--A", "order the collections in a collection", {"do": "save"}),
    ),
    get("admin/catalog/collection/order/", "-rcohA"),
    post(
        *("admin/catalog/collection/order/", "-----A", "order the collections that are in none"),
        {"do": "save"},
    ),
    get("admin/collections/<int:pk>/rule/", "--c--A"),
    post(
        *("admin/collections/<int:pk>/rule/", "--c--A", "fill a collection by a rule"),
        {"do": "stop"},
    ),
    get("admin/fill/", "--co-A"),
    post(
        *("admin/fill/", "--co-A", "collect what a page lists"),
        lambda things: {"canvas": [things["canvas"].key], "title": "New", "collection": ""},
        proof=_number_of("collection"),
    ),
    # -- the admin: what is derived -------------------------------------------------------------
    *model("iiifsearch.duplicate", "-rcohA", add="--co-A", change="--co-A"),
    chosen(
        *("admin/iiifsearch/duplicate/", "--co-A", "unrelated", "decide on pairs"),
        lambda things: type(things["duplicate"]).objects.get().decision,
    ),
    get("admin/iiifsearch/duplicate/review/", "-rcohA"),
    get("admin/iiifsearch/duplicate/groups/", "-rcohA"),
    post("admin/iiifsearch/duplicate/groups/", "--co-A", "decide on groups of pairs"),
    get("admin/iiifsearch/duplicate/<int:pk>/inliers.json", "-rcohA"),
    get("admin/tags/", "-rcohA"),
    post("admin/tags/", "--co-A", "decide on guessed tags", {"decision": "right"}),
    get("admin/classes/", "-rcohA"),
    get("admin/classes/<slug:key>/", "-rcohA"),
    post(
        *("admin/classes/", "--c--A", "take canvases into a class, or refuse them"),
        lambda things: {"collection": things["collection"].key, "right": things["canvas"].pk},
    ),
    post(
        *("admin/classes/<slug:key>/", "--c--A", ""),
        lambda things: {"collection": things["collection"].key, "wrong": things["canvas"].pk},
    ),
    # Everybody undoes their own decisions alone.
    post("admin/decisions/<int:pk>/undo/", "--c---", "", proof=_undone),
    get("admin/exports/", "-rcohA"),
    get("admin/exports/<slug:subject>.<slug:form>", "-rcohA"),
    get("admin/exports/vectors.<slug:form>", "-rcohA"),
    get("admin/index-state/", "-rcohA"),
    post("admin/index-state/", "----hA", "have workers look for work"),
    get("admin/index-state/builds/", "-rcohA"),
    post("admin/index-state/retry/", "----hA", "have failed features made again"),
    post("admin/index-state/build/<str:key>/", "-----A", "build an index"),
    get("admin/index-state/drop/<str:key>/", "-----A"),
    post("admin/index-state/drop/<str:key>/", "-----A", "drop the vectors of an encoder"),
    *model("procrastinate.procrastinatejob", "-rcohA"),
    # -- the admin: people ----------------------------------------------------------------------
    *model("auth.user", "-----A", add="-----A", change="-----A", delete="-----A"),
    post("admin/auth/user/<id>/password/", "-----A", "set somebody's password"),
    *model("auth.group", "-----A", add="-----A", change="-----A", delete="-----A"),
    *model("iiifsearch.apitoken", "-----A", delete="-----A"),
    get("admin/journal/", "-rcohA"),
    get("admin/token/", STAFF),
    post("admin/token/", STAFF, "make a token of one's own", {"name": "nightly"}),
    get("admin/two-factor/", NOBODY),  # switched off, as it is unless somebody chooses it
    # -- Django's own ---------------------------------------------------------------------------
    get("admin/", STAFF),
    get("admin/login/", ALL),
    post("admin/logout/", ALL, ""),
    get("admin/password_change/", STAFF),
    get("admin/password_change/done/", STAFF),
    get(
        "admin/autocomplete/", "-rcohA", "app_label=catalog&model_name=collection&field_name=parent"
    ),
    get("admin/jsi18n/", STAFF),
    get("admin/r/<path:content_type_id>/<path:object_id>/", STAFF),
    # -- REST -----------------------------------------------------------------------------------
    rest(
        "POST", "api/manifests/", "----hA", "add a source over REST", {"url": "https://m.example/"}
    ),
    rest("GET", "api/runs/", "-rcohA"),
    rest("GET", "api/runs/<int:pk>/", "-rcohA"),
    rest("POST", "api/runs/<int:pk>/pause/", "----hA", "steer a harvest over REST"),
    rest("POST", "api/runs/<int:pk>/resume/", "----hA"),
    rest("POST", "api/runs/<int:pk>/cancel/", "----hA"),
    rest("POST", "api/runs/<int:pk>/retry/", "----hA"),
    rest("GET", "api/duplicates/", "-rcohA"),
    rest(
        *("POST", "api/duplicates/decisions/", "--co-A", "decide on pairs over REST"),
        lambda things: {"pairs": [things["duplicate"].pk], "verdict": "copy"},
    ),
    rest("GET", "api/suggestions/", "--co-A", "ask for suggestions over REST"),
    rest(
        *("POST", "api/suggestions/decisions/", "--co-A", "decide on tags over REST"),
        {"guesses": [1], "decision": "right"},
    ),
    Action("POST", "api/decisions/<int:pk>/undo/", "--c---", proof=_undone, as_json=True),
    rest("GET", "api/collections/", "--co-A"),
    *(
        rest(
            *(method, "api/collections/<str:key>/canvases/", "--c--A", says),
            lambda things: {"canvases": [things["canvas"].key]},
        )
        for method, says in (("POST", "fill a collection over REST"), ("DELETE", ""))
    ),
    rest("GET", "api/collections/<str:key>/export/", ALL),  # what is public; drafts: not found
    rest(
        *("POST", "api/comments/", "--co-A", "write, change and delete comments over REST"),
        lambda things: {"canvas": things["canvas"].key, "text": "A dog"},
    ),
    rest("PATCH", "api/comments/<str:key>/", "--co-A", "", {"text": "A cat"}),
    rest("DELETE", "api/comments/<str:key>/", "--co-A"),
    rest("GET", "api/me/", ALL),
    # Read, and store nothing:
    *(rest("GET", f"api/{name}/", ALL) for name in ("library", "random", "schema", "similar")),
    rest("GET", "api/search/", ALL),
    rest("POST", "api/search/", ALL),
    rest("POST", "api/recognise/", ALL),
]

#: Whatever begins so is read by anybody, and nothing of it stores anything.
PUBLIC = ("iiif/", "health/", "metrics", "i18n/", "recognise/", "collections/", "map/", "painting/")
#: Lists of an app, and what is no page at all.
NO_PAGES = ("admin/^(?P<app_label>", "admin/(?P<url>")


def routes() -> Iterator[str]:
    """Every route that this installation serves, from the root."""
    yield from _walk(get_resolver("iiifsearch.urls").url_patterns, "")


def _walk(patterns: Any, before: str) -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _walk(pattern.url_patterns, route)


def address(action: Action, things: Things) -> str:
    """The route with ids of things in it: of the model that it names, else of the run."""
    parts = action.route.split("/")
    row = things[next((part for part in parts if part in things), "harvestrun")]
    filled = re.sub(r"<path:content_type_id>", str(things["content_type"].pk), action.route)
    filled = re.sub(r"<(str|slug):key>", getattr(row, "key", things["encoder"]), filled)
    filled = filled.replace("<slug:subject>", "tags").replace("<slug:form>", "csv")
    filled = re.sub(r"<[a-z:_]+>", str(row.pk), filled)
    return f"/{filled}?{action.query}" if action.query else f"/{filled}"


def as_markdown() -> str:
    """The writes of the table, for docs/roles.md."""
    lines = ["| | Reader | Curator | Harvester | Administrator |", "|---|---|---|---|---|"]
    for action in TABLE:
        if action.says:
            of = dict(zip(PEOPLE, action.who, strict=True))
            cells = ["yes" if of[letter] != "-" else "" for letter in "rchA"]
            if of["c"] != "-" and of["o"] == "-":
                cells[1] = "yes, unless it names other curators"
            lines.append(f"| {action.says} | {' | '.join(cells)} |")
    return "\n".join(dict.fromkeys(lines))
