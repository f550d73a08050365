"""Which painting a row of a file of comments is about: by key or URI, by the name of the picture's
file, or by title and maker. A few statements for a whole file, however long it is."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.db import connection
from django.db.models import Max, Min

from catalog.comment_files import Row
from catalog.models import Canvas, Manifest, ManifestCanvas, identity

#: Pairs of a title and a canvas that are looked at; half of all portraits are called so.
MOST_CANDIDATES = 200_000

#: Names that files of Image API servers have, whatever they show.
_NO_NAMES = {"", "default", "native", "full", "image", "thumbnail"}
_EXTENSION = re.compile(r"\.(?:jpe?g|png|tiff?|jp2|gif|webp)$", re.IGNORECASE)
_STEM = r"regexp_replace(regexp_replace(rtrim({}, '/'), '^.*/', ''), %s, '', 'i')"
#: As the filter by maker folds, in SQL, so that both sides are folded by one hand.
_FOLDED = (
    "lower(regexp_replace(normalize(left({}, 300), NFD), '[\u0300-\u036f]|^\\s+|\\s+$', '', 'g'))"
)


@dataclass(frozen=True)
class Match:
    """``canvas`` None: none was found, or ``several``. ``message``: how it was found, or why
    not."""

    canvas: Canvas | None
    message: str = ""
    several: bool = False


def match(rows: Sequence[Row]) -> list[Match]:
    """A match for each row, in their order. What a row says first counts: canvas, then image, then
    title and maker; a picture's file that is nowhere leaves the title."""
    named = _by_name({row.canvas for row in rows if row.canvas})
    images = _by_image({row.image for row in rows if row.image and not row.canvas})
    left = [row for row in rows if not row.canvas and row.title and not images.get(row.image)]
    titles, crowded = _by_title({row.title for row in left})
    ids = {pk for found in (*named.values(), *images.values(), *titles.values()) for pk in found}
    canvases = _canvases(ids)

    def one(found: Iterable[int], how: str, what: str) -> Match:
        there = [canvases[pk] for pk in sorted(found) if pk in canvases]
        if len(there) == 1:
            return Match(there[0], how)
        if not there:
            return Match(None, f"No painting here has {what}.")
        keys = ", ".join(canvas.key for canvas in there[:3])
        told = f"{len(there):,} paintings have {what}: name one in the column canvas ({keys} ...)."
        return Match(None, told, several=True)

    matches = []
    for row in rows:
        if row.canvas:
            found = one(named[row.canvas], "", f"the key or URI {row.canvas[:120]!r}")
        elif images.get(row.image):
            found = one(images[row.image], "by its file", f"the file {row.image[:120]!r}")
        elif row.title in crowded:
            found = Match(None, f"Too many paintings are called {row.title[:120]!r}.", several=True)
        elif row.title:
            of_maker = [pk for pk in titles[row.title] if pk in canvases and
                        same_maker(row.maker, canvases[pk].maker)]  # fmt: skip
            what = f"the title {row.title[:120]!r}"
            if row.maker:
                what += f" and the maker {row.maker[:120]!r}"
            found = one(of_maker, "by its title", what)
        else:
            found = Match(None, f"No painting here has the file {row.image[:120]!r}.")
        matches.append(found)
    return matches


def same_maker(one: str, other: str) -> bool:
    """Whether two spellings may mean the same maker: "REMBRANDT" and "Rembrandt van Rijn",
    "AACHEN, Hans von" and "Hans von Aachen". Nobody named is anybody."""
    first, second = _words(one), _words(other)
    return not first or (bool(second) and (first <= second or second <= first))


def _words(text: str) -> set[str]:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return set(re.findall(r"\w+", "".join(c for c in apart if not unicodedata.combining(c))))


def stem(name: str) -> str:
    """The name of a picture's file without folders and extension, in lower case."""
    last = re.split(r"[/\\]", name.strip().rstrip("/"))[-1]
    return _EXTENSION.sub("", last).lower()


def _canvases(ids: set[int]) -> dict[int, Canvas]:
    fields = ("key", "uri", "raw_id", "title", "maker", "state", "width", "height")
    of_picture = ("picture__sha256", "picture__width", "picture__height")
    rows = Canvas.objects.select_related("picture").only(*fields, *of_picture)
    return {row.pk: row for part in _parts(ids) for row in rows.filter(pk__in=part)}


def _parts(values: Iterable[int] | Iterable[str], size: int = 5000) -> Iterable[list]:
    listed = list(values)
    return (listed[i : i + size] for i in range(0, len(listed), size))


def _by_name(names: set[str]) -> dict[str, set[int]]:
    """Ids of the canvases that keys and URIs mean; a manifest's, where it has no other."""
    found: dict[str, set[int]] = {name: set() for name in names}
    of_uri: dict[str, set[str]] = defaultdict(set)
    for name in names:
        of_uri[identity(name)].add(name)
        of_uri[name.lower()].add(name)  # keys, as people type them
    for part in _parts(of_uri):
        for column in ("key", "uri"):
            rows = Canvas.objects.filter(**{f"{column}__in": part}).values_list(column, "pk")
            for value, pk in rows:
                for name in of_uri[value]:
                    found[name].add(pk)
    rest = {name for name, ids in found.items() if not ids}
    meant = {value: names & rest for value, names in of_uri.items() if names & rest}
    manifests: dict[int, set[str]] = {}
    for part in _parts(meant):
        for column in ("key", "uri"):
            held = Manifest.objects.filter(**{f"{column}__in": part}).values_list(column, "pk")
            for value, pk in held:
                manifests.setdefault(pk, set()).update(meant[value])
    for part in _parts(manifests):
        shown = ManifestCanvas.objects.filter(manifest__in=part).order_by().values("manifest")
        for row in shown.annotate(low=Min("canvas"), high=Max("canvas")):
            for name in manifests[row["manifest"]]:
                found[name] |= {row["low"], row["high"]}
    return found


def _by_image(names: set[str]) -> dict[str, set[int]]:
    """Ids of the canvases that show a picture whose file, or whose image service, is called so."""
    meant: dict[str, set[str]] = defaultdict(set)
    for name in names:
        if (short := stem(name)) not in _NO_NAMES:
            meant[short].add(name)
            meant[quote(short).lower()].add(name)
    found: dict[str, set[int]] = {name: set() for name in names}
    if not meant:
        return found
    url, service = _STEM.format("i.url"), _STEM.format("i.service_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.name, i.canvas_id FROM catalog_canvasimage i "
            "JOIN catalog_canvas c ON c.id = i.canvas_id AND c.state IN ('published', 'draft') "
            f"CROSS JOIN LATERAL (VALUES (lower({url})), (lower({service}))) n (name) "
            "WHERE n.name = ANY(%s)",
            [_EXTENSION.pattern, _EXTENSION.pattern, list(meant)],
        )
        for name, canvas_id in cursor.fetchall():
            for file in meant[name]:
                found[file].add(canvas_id)
    return found


def _by_title(titles: set[str]) -> tuple[dict[str, set[int]], set[str]]:
    """Ids of the canvases of each title, however it is accented; and the titles that too many
    have."""
    found: dict[str, set[int]] = {title: set() for title in titles}
    if not titles:
        return found, set()
    listed = sorted(titles)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH asked AS MATERIALIZED ("
            f"SELECT n.ord, {_FOLDED.format('n.title')} AS folded "
            "FROM unnest(%s::text[]) WITH ORDINALITY n (title, ord)) "
            "SELECT a.ord, c.id FROM asked a JOIN catalog_canvas c "
            f"ON {_FOLDED.format('c.title')} = a.folded AND c.state IN ('published', 'draft') "
            "WHERE a.folded <> '' ORDER BY a.ord LIMIT %s",
            [listed, MOST_CANDIDATES + 1],
        )
        pairs = cursor.fetchall()
    for number, canvas_id in pairs:
        found[listed[number - 1]].add(canvas_id)
    if len(pairs) <= MOST_CANDIDATES:
        return found, set()
    return found, set(listed[pairs[-1][0] - 1 :])
