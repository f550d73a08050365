"""Tags by their neighbours, and the command's way to a model; without a database."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from iiifsearch.evaluation import comments, tags
from ml.crossmodal import semart
from tests.iiifsearch.rich import painted, write
from tests.ml.training import drawn


def evaluated(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def rows(*styles: str) -> list[dict[str, str]]:
    return [{"style": style, "genre": "", "author": "x"} for style in styles]


def test_neighbours_leave_oneself_out() -> None:
    angles = np.radians([0, 1, 3, 90])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    near, cosines = tags.neighbours(vectors, 2)
    np.testing.assert_array_equal(near, [[1, 2], [0, 2], [1, 0], [2, 1]])
    np.testing.assert_allclose(cosines[0], np.cos(angles[1:3]), atol=1e-6)


def test_accuracy_by_hand() -> None:
    near = np.array([[1], [0], [0], [2], [0]], np.intp)
    cosines = np.full((5, 1), 0.8, np.float32)
    found = tags.accuracy(rows("a", "a", "b", "b", ""), near, cosines, "style")
    assert found == {"accuracy": 0.75, "majority_class": 0.5, "queries": 4, "classes": 2}
    nobody = tags.accuracy(rows("a", "a"), near[:2], cosines[:2], "genre")
    assert nobody["accuracy"] is None and nobody["majority_class"] is None


def test_tags_of_a_folder(tmp_path: Path) -> None:
    ground = {"red": (200, 20, 20), "blue": (20, 20, 200)}
    with (tmp_path / "index.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "style", "genre", "author"])
        for n in range(8):
            colour = "red" if n % 2 else "blue"
            write(tmp_path / f"{n}.png", np.full((40 + n, 60, 3), ground[colour], np.uint8))
            table.writerow([f"{n}.png", colour, "", "somebody"])
    found = evaluated("tags", str(tmp_path), "--encoder", "colour")
    assert found["pictures"] == 8 and found["encoder"] == "colour-1"
    assert found["labels"]["author"]["accuracy"] == 1
    # All seven others are asked, and four of them are of the other colour, but far away.
    assert found["labels"]["style"] == {
        "accuracy": 1.0,
        "majority_class": 0.5,
        "queries": 8,
        "classes": 2,
    }


def around(count: int, k: int) -> tuple[Any, Any]:
    """Two circles of pictures, each like those of its own circle."""
    half = count // 2
    near = [
        [half * (place // half) + (place + step) % half for step in range(1, k + 1)]
        for place in range(count)
    ]
    return np.array(near, np.intp), np.full((count, k), 0.8, np.float32)


def test_guesses_of_what_is_missing() -> None:
    near, cosines = around(40, 5)
    styles = ["a"] * 20 + ["b"] * 20
    found = tags.missing(rows(*styles), near, cosines, "style")
    assert found == {"precision": 1.0, "given": 1.0, "queries": 40}
    styles[0] = "b"  # one is of another style: it is guessed wrongly, and misleads nobody
    found = tags.missing(rows(*styles), near, cosines, "style")
    assert found == {"precision": 39 / 40, "given": 1.0, "queries": 40}
    nobody = tags.missing(rows(*styles), near, cosines, "genre")
    assert nobody == {"precision": None, "given": None, "queries": 0}


def test_planted_errors_are_found_out() -> None:
    near, cosines = around(40, 5)
    styles = ["a"] * 20 + ["b"] * 20
    found = tags.doubtful(rows(*styles), near, cosines, "style", seed=3)
    assert found == {"precision": 1.0, "recall": 1.0, "planted": 2, "doubted": 2}
    styles[10] = "b"  # wrong before anybody planted anything
    found = tags.doubtful(rows(*styles), near, cosines, "style", seed=3)
    assert found["doubted"] == 3 and found["precision"] == pytest.approx(2 / 3)
    assert tags.doubtful(rows(*styles), near, cosines, "genre")["planted"] == 0


def test_evenly() -> None:
    paths = [Path(str(n)) for n in range(10)]
    assert comments.evenly(paths, 3) == [Path("0"), Path("4"), Path("9")]
    assert comments.evenly(paths, 0) == comments.evenly(paths, 99) == paths


def test_what_is_no_dataset_or_no_model(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds neither semart_val"):
        evaluated("comments", str(tmp_path), "--model", "colour")
    write(tmp_path / "Images/a.jpg", painted(0))
    row = ["a.jpg", "A comment.", *["x"] * 7]
    lines = ("\t".join(semart.COLUMNS), "\t".join(row))
    (tmp_path / "semart_val.csv").write_text("\n".join(lines))
    with pytest.raises(CommandError, match="comparable with itself alone"):
        evaluated("comments", str(tmp_path), "--model", "colour")
    with pytest.raises(CommandError, match="no encoder is named 'nothing'"):
        evaluated("comments", str(tmp_path), "--model", "nothing")


def test_a_model_is_trained_and_measured(tmp_path: Path) -> None:
    data = drawn.write(tmp_path / "data", train=200, val=40, test=40)
    others = tmp_path / "others"
    for seed in range(4):
        write(others / f"{seed}.jpg", painted(seed))
    config = tmp_path / "first.toml"
    config.write_text(
        'name = "first"\ntext = "bow"\nvisual = "colour"\ntransformation = "cca"\n'
        "dim = 16\nmin_count = 2\n"
    )
    where = ("--data", str(data), "--out", str(tmp_path / "models"))
    told = StringIO()
    call_command("train", "comments", str(config), *where, stdout=told)
    assert "first: epoch 1 of 1 is kept" in told.getvalue()

    model = ("--model", str(tmp_path / "models/first"))
    found = evaluated("comments", str(data), *model)
    assert (found["split"], found["gallery"], found["queries"]) == ("test", 40, 40)
    assert found["title_and_comment"]["text_to_image"]["r_at_10"] > 0.5
    among = evaluated("comments", str(data), *model, "--distractors", str(others), "--n", "3")
    assert (among["gallery"], among["queries"]) == (43, 40)

    config.write_text('name = "first"\ntext = "words"\n')
    with pytest.raises(CommandError, match="text = 'words': allowed is one of bow, mlp"):
        call_command("train", "comments", str(config), *where)
