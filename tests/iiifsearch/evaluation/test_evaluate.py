"""The commands on small folders: a database of their own, figures that can be told by hand."""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import Canvas
from tests.iiifsearch.rich import painted, write

pytestmark = pytest.mark.django_db(transaction=True)


def evaluated(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def photos(folder: Path) -> Path:
    """Four paintings; a photo of one, a photo of two, and one of a stranger."""
    for seed in range(4):
        write(folder / f"database/{seed}.jpg", painted(seed))
    wall = np.full((600, 1200, 3), 200, np.uint8)
    wall[120:480, 60:540] = painted(0)
    write(folder / "queries/one.jpg", wall)
    wall[120:480, 660:1140] = painted(1)
    write(folder / "queries/two.jpg", wall)
    write(folder / "queries/none.jpg", painted(77))
    with (folder / "queries.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["query", "set", "answers", "distractor"])
        rows.writerow(["queries/one.jpg", "walls", "database/0.jpg", 0])
        rows.writerow(["queries/two.jpg", "walls", "database/0.jpg database/1.jpg", 0])
        rows.writerow(["queries/none.jpg", "walls", "", 1])
    return folder


def test_recognition(encoders: Path, tmp_path: Path) -> None:
    own = connection.settings_dict["NAME"]
    found = evaluated("recognition", str(photos(tmp_path)))
    walls = found["sets"]["walls"]
    assert (walls["queries"], walls["r_at_1"], walls["r_at_5"], walls["all_found"]) == (2, 1, 1, 1)
    assert 0 < walls["mean_seconds"] <= walls["p95_seconds"]
    assert found["distractors"] == {"queries": 1, "false_accepts": 0}
    assert found["wrong"] == []
    # Nothing of it stays, and the library's own database is in use again.
    assert connection.settings_dict["NAME"] == own
    assert not Canvas.objects.exists()
    with connection.cursor() as cursor:
        mine = [f"evaluation_{os.getpid()}"]  # others may evaluate beside
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", mine)
        assert cursor.fetchone() == (0,)


def test_duplicates(encoders: Path, tmp_path: Path) -> None:
    for seed in range(4):
        write(tmp_path / f"{seed}.jpg", painted(seed))
    found = evaluated("duplicates", str(tmp_path), "--n", "2")
    assert (found["n"], found["queries"], found["never_seen"]["queries"]) == (2, 20, 2)
    assert found["recall"] == found["recall_at_full_precision"] == 1
    assert found["false_accepts"] == found["never_seen"]["false_accepts"] == 0
    assert found["distortions"]["mirrored"]["recall"] == 1
    assert set(found["ranges"]) == set(found["distortions"])


def test_regions(encoders: Path, tmp_path: Path) -> None:
    for seed in range(4):
        write(tmp_path / f"ours/{seed}.jpg", painted(seed))
        write(tmp_path / f"others/{seed}.jpg", painted(10 + seed))
    asked = ("regions", str(tmp_path / "ours"), "--among", str(tmp_path / "others"), "--n", "5")
    found = evaluated(*asked)
    assert (found["queries"], found["pictures"]) == (5, 8)
    assert found["first"] >= 0.8
    assert found["place_found"] >= 0.8


def test_neighbours(encoders: Path, tmp_path: Path) -> None:
    lines = ["file,title,author,date,style,genre"]
    for seed in range(6):
        # Two styles: of each the same picture in three crops.
        image = painted(seed % 2)[seed * 4 :, seed * 4 :]
        write(tmp_path / f"{seed}.jpg", image)
        lines.append(f"{seed}.jpg,,nobody,,style {seed % 2},")
    (tmp_path / "index.csv").write_text("\n".join(lines))
    found = evaluated("neighbours", str(tmp_path))
    assert found["pictures"] == 6
    same = {"r_at_1": 1.0, "r_at_5": 1.0, "queries": 6}
    assert found["features"]["efficientnet-lite0"]["style"] == same
    assert found["features"]["combined"]["style"] == same
    assert found["features"]["objects"]["genre"]["queries"] == 0  # nobody says


@pytest.mark.parametrize("kind", ["recognition", "duplicates", "regions", "neighbours"])
def test_a_folder_without_pictures_is_an_error_that_says_so(kind: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=str(tmp_path)):
        evaluated(kind, str(tmp_path))


def test_a_list_of_queries_without_its_columns_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "database/0.jpg", painted(0))
    (tmp_path / "queries.csv").write_text("file\nx.jpg\n")
    with pytest.raises(CommandError, match="query, set, answers"):
        evaluated("recognition", str(tmp_path))
