"""Tags that paintings bear: free ones, and short rows of their metadata that say the same of many,
such as style, school or technique."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from catalog.iiif import facts
from catalog.models import Comment, State
from iiifsearch.index import sample
from iiifsearch.index.words import fold

#: Characters of a text that can be a tag: what the index on tags holds (`catalog` migration 0011).
LONGEST_TAG = 60
#: Comments that are counted to tell how rare a tag is, about.
COUNTED = 50_000
#: Rows of a label that can be tags: at most this share are different, and hold a digit.
MOST_DIFFERENT, MOST_NUMBERS = 0.5, 0.5

#: Labels, folded, of what no picture shows: what an object is called, when it was made, where it
#: is kept, and what is written about the record.
_ABOUT_THE_RECORD = frozenset(
    facts.fold(name)
    for name in (
        *(name for field in ("title", "date", "place") for name in facts.LABELS[field]),
        *("rights", "licence", "license", "copyright", "credit line", "credit", "source"),
        *("attribution", "required statement", "courtesy", "provider", "data provider"),
        *("identifier", "accession number", "inventory number", "object number", "language"),
        *("dimensions", "size", "measurements", "provenance", "acquisition", "department"),
        *("rechte", "lizenz", "inventarnummer", "masse", "maße", "herkunft", "sprache", "quelle"),
        *("droits", "licence", "numéro d'inventaire", "dimensions", "provenance", "langue"),
        *("diritti", "licenza", "numero di inventario", "dimensioni", "provenienza", "lingua"),
        *("derechos", "licencia", "dimensiones", "procedencia", "idioma", "rechten", "afmetingen"),
    )
)


@dataclass(frozen=True)
class Tag:
    """``label``: what kind of tag, as the metadata row that says it is called; "" where it is
    free."""

    label: str
    text: str

    @property
    def kind(self) -> str:
        """The label, folded."""
        return _folded(self.label)

    @property
    def mark(self) -> str:
        """Label and text, folded: what identifies it, whatever its spelling."""
        return f"{self.kind}\n{_folded(self.text)}"


def tag_of(comment: Comment) -> Tag | None:
    """The tag that a comment is; None where it is none."""
    text = comment.body.strip()
    if not text or len(text) > LONGEST_TAG:
        return None
    is_tag = comment.origin == Comment.Origin.METADATA or comment.motivation == "tagging"
    return Tag(comment.label.strip(), text) if is_tag else None


#: By mark.
Tags = dict[str, Tag]


def borne_by(canvas_ids: Iterable[int]) -> dict[int, Tags]:
    """The tags of each canvas that has any, as they are written; only what is public counts."""
    rows = (
        Comment.objects.filter(canvas_id__in=list(canvas_ids), state=State.PUBLISHED)
        .filter(Q(origin=Comment.Origin.METADATA) | Q(motivation="tagging"))
        # A shared canvas may be spoken of by a manifest that is not public.
        .filter(Q(manifest=None) | Q(manifest__state=State.PUBLISHED))
        .only("canvas_id", "origin", "motivation", "label", "body")
    )
    found: dict[int, Tags] = {}
    for row in rows.order_by("canvas_id", "id"):
        if tag := tag_of(row):
            found.setdefault(row.canvas_id, {}).setdefault(tag.mark, tag)
    return found


@dataclass(frozen=True)
class Vocabulary:
    """What a sample of the library's comments tells of its tags.

    ``kinds``: labels, folded, whose rows are tags, as most write them; "" is among them.
    ``frequency``: by mark, canvases that bear it, of ``counted``.
    """

    kinds: Mapping[str, str]
    frequency: Mapping[str, int]
    counted: int

    def tags(self, borne: Tags) -> Tags:
        """Those of ``borne`` whose label is one of tags."""
        return {mark: tag for mark, tag in borne.items() if tag.kind in self.kinds}


def vocabulary() -> Vocabulary:
    """Of a sample of the comments, the same one as long as these do not change."""
    sampled, more, params = sample.of("catalog_comment", "c", COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH listed AS MATERIALIZED ("
            "SELECT canvas_id, btrim(label) AS label, btrim(body) AS text "
            f"FROM catalog_comment c{sampled} WHERE state = 'published' "
            "AND (origin = 'metadata' OR motivation = 'tagging') "
            f"AND length(btrim(body)) BETWEEN 1 AND %s{more}) "
            "SELECT label, text, count(DISTINCT canvas_id) FROM listed GROUP BY label, text "
            "UNION ALL SELECT NULL, NULL, count(DISTINCT canvas_id) FROM listed",
            [LONGEST_TAG, *params],
        )
        rows = cursor.fetchall()
    counted = next(count for label, _, count in rows if label is None)
    return _vocabulary([(Tag(*row[:2]), row[2]) for row in rows if row[0] is not None], counted)


def _vocabulary(rows: Iterable[tuple[Tag, int]], counted: int) -> Vocabulary:
    frequency: Counter[str] = Counter()
    spelling: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[str, set[str]] = defaultdict(set)
    numbers: Counter[str] = Counter()
    for tag, count in rows:
        frequency[tag.mark] += count
        spelling[tag.kind][tag.label] += count
        texts[tag.kind].add(tag.mark)
        numbers[tag.kind] += count * any(char.isdigit() for char in tag.text)
    kinds = {"": ""}
    for kind, spelled in spelling.items():
        total = spelled.total()
        can_be_tags = (
            len(texts[kind]) <= MOST_DIFFERENT * total and numbers[kind] <= MOST_NUMBERS * total
        )
        if can_be_tags and facts.fold(kind) not in _ABOUT_THE_RECORD:
            kinds.setdefault(kind, spelled.most_common(1)[0][0])
    return Vocabulary(kinds, frequency, counted)


def _folded(text: str) -> str:
    return " ".join(fold(text).split())
