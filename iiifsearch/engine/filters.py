"""Filters by what is known of a work: its maker, its year, its type, its rights.

Their columns are the catalogue's; `catalog` migration 0006 has the indexes, whose expressions are
repeated here to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Params = list[Any]

#: Groups of rights by name: beginnings of rights URIs, without scheme and "www.". "open" is what
#: the Open Definition 2.1 takes for open.
_PUBLIC_DOMAIN = ("creativecommons.org/publicdomain/", "rightsstatements.org/vocab/NoC-US/")
RIGHTS_GROUPS: dict[str, tuple[str, ...]] = {
    "public-domain": _PUBLIC_DOMAIN,
    "open": (
        *_PUBLIC_DOMAIN,
        "creativecommons.org/licenses/by/",
        "creativecommons.org/licenses/by-sa/",
    ),
}
#: Characters of a field that are looked at: what the indexes hold.
_LONGEST = 300


@dataclass(frozen=True)
class WorkFilter:
    """Restricts by the work; a canvas of which the catalogue does not know a field never matches.

    ``maker``, ``object_type``: all these words occur there, in any order, whatever their case and
    accents; with ``maker_exact`` they are the whole of it. ``years``: (first, last), both
    included, None for an open end. ``rights``: a name of `RIGHTS_GROUPS`, or how a rights URI
    begins; the canvas's own rights, else those of a published manifest that shows it.
    """

    maker: str = ""
    maker_exact: bool = False
    object_type: str = ""
    years: tuple[int | None, int | None] = (None, None)
    rights: str = ""

    def __bool__(self) -> bool:
        return self != WorkFilter()

    def sql(self, canvas: str) -> tuple[str, Params]:
        """Conditions on ``catalog_canvas AS canvas``, each beginning with AND, or nothing."""
        parts: list[str] = []
        params: Params = []
        for column, words in (("maker", self.maker), ("object_type", self.object_type)):
            if words:
                parts.append(
                    f"to_tsvector('simple', {folded_sql(f'{canvas}.{column}')}) "
                    f"@@ plainto_tsquery('simple', {folded_sql('%s')})"
                )
                params.append(words)
        if self.maker and self.maker_exact:
            parts.append(f"{folded_sql(f'{canvas}.maker')} = {folded_sql('%s')}")
            params.append(self.maker)
        for bound, comparison in zip(self.years, (">=", "<="), strict=True):
            if bound is not None:
                parts.append(f"{canvas}.year {comparison} %s")
                params.append(bound)
        if self.rights:
            parts.append(
                f"({_bare(f'{canvas}.rights')} LIKE ANY(%s) OR ({canvas}.rights = '' AND EXISTS ("
                "SELECT 1 FROM catalog_manifestcanvas ra JOIN catalog_manifest rm "
                f"ON rm.id = ra.manifest_id WHERE ra.canvas_id = {canvas}.id "
                f"AND rm.state = 'published' AND {_bare('rm.rights')} LIKE ANY(%s))))"
            )
            params += [_patterns(self.rights)] * 2
        return "".join(f" AND {part}" for part in parts), params


def folded_sql(text: str) -> str:
    """SQL for ``text`` in small letters without accents; immutable, so that it can be indexed."""
    shown = text if text == "%s" else f"left({text}, {_LONGEST})"
    return f"lower(regexp_replace(normalize({shown}, NFD), '[\\u0300-\\u036f]', '', 'g'))"


def _bare(uri: str) -> str:
    return f"regexp_replace({uri}, '^https?://(www\\.)?', '')"


def _patterns(rights: str) -> list[str]:
    """LIKE patterns for a group or a beginning of a URI."""
    bare = rights.partition("://")[2] or rights
    beginnings = RIGHTS_GROUPS.get(rights, (bare.removeprefix("www."),))
    escape = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
    return [f"{beginning.translate(escape)}%" for beginning in beginnings]
