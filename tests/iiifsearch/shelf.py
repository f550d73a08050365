"""Libraries that were harvested and indexed once, kept for the later tests of the same process:
their rows, their pictures, and a museum that stays open. To harvest one again takes seconds, to
take it from here a tenth of one; nothing in it is made up, for the real code made it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache
from django.db import connection

from iiifsearch.backup.tables import Table, tables
from iiifsearch.index import ann
from tests.servers import Answer, Museum, museum

Rows = list[tuple[Table, bytes]]


@dataclass(frozen=True)
class Kept:
    """``rows``: of each table that has any, as COPY writes them. ``pictures``: a folder."""

    museum: Museum
    answers: dict[str, Answer]
    log: list[tuple[str, dict[str, str]]]
    rows: Rows
    pictures: Path


class Shelf:
    """``folder``: for what is kept. ``opened``: closes the museums at the end."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        self._kept: dict[str, Kept] = {}

    def library(self, name: str, make: Callable[[Museum], None], storage: Path) -> Museum:
        """The museum of the library called ``name``, whose rows are in the database and whose
        pictures are in ``storage``: made by ``make``, the first time."""
        if name not in self._kept:
            served = self._opened.enter_context(museum())
            make(served)
            folder = self._folder / str(len(self._kept))
            shutil.copytree(storage, folder)
            answers = {path: one for path, one in served.answers.items() if isinstance(one, Answer)}
            kept = Kept(served, deepcopy(answers), [*served.log], _rows(), folder)
            self._kept[name] = kept
            return served
        kept = self._kept[name]
        served = kept.museum
        served.answers.clear()
        served.answers.update(deepcopy(kept.answers))
        served.log[:], served.times[:] = kept.log, []
        shutil.copytree(kept.pictures, storage)
        _put_back(kept.rows)
        ann.build_all()
        # The rows have the numbers that those of an earlier test had.
        cache.clear()
        return served


def _rows() -> Rows:
    found = []
    with connection.cursor() as cursor:
        for table in tables():
            if table.name.startswith(("catalog_", "iiifsearch_")):
                with cursor.copy(table.copy_out()) as copy:
                    if data := b"".join(bytes(part) for part in copy):
                        found.append((table, data))
    return found


def _put_back(rows: Rows) -> None:
    with connection.cursor() as cursor:
        for table, data in rows:
            with cursor.copy(table.copy_in(table.columns)) as copy:
                copy.write(data)
