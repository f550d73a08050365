"""Vectors as files: what is read back is what was stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.test import Client

from iiifsearch.exports import vectors
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.encoder import NoSuchEncoder, described, of_pictures
from iiifsearch.exports.vectors import NoVectors, Vectors, read_npy, save
from ml import registry
from tests.iiifsearch.exports.conftest import CC0, CC_BY, ENCODER, Shelf, with_vector

SPEC = registry.get(ENCODER)


@pytest.fixture
def stored(shelf: Shelf) -> dict[str, np.ndarray]:
    """By the canvas's key; the fourth of the collection's public ones has none."""
    with_vector(shelf.withdrawn, 9)
    with_vector(shelf.stranger, 8)
    return {
        canvas.key: with_vector(canvas, seed)
        for seed, canvas in enumerate((shelf.first, shelf.second, shelf.draft))
    }


def saved(asked: Asked, form: str, path: Path) -> Vectors:
    found = Vectors(SPEC, asked)
    save(found, form, path)
    return found


def test_parquet(shelf: Shelf, stored: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    made = saved(Asked(shelf.collection), "parquet", path)
    assert (made.done, made.without) == (2, 1)
    table = pq.read_table(path)
    assert str(table.schema.field("vector").type) == f"fixed_size_list<element: float>[{SPEC.dim}]"
    rows = table.to_pylist()
    assert [row["canvas_key"] for row in rows] == [shelf.second.key, shelf.first.key]
    assert [row["rights"] for row in rows] == [CC0, CC_BY]
    assert rows[0]["canvas_uri"] == shelf.second.raw_id
    for row in rows:
        assert np.array_equal(np.array(row["vector"], np.float32), stored[row["canvas_key"]])
    told = {key.decode(): json.loads(value) for key, value in table.schema.metadata.items()}
    assert (told["encoder"], told["version"], told["dim"]) == (SPEC.name, SPEC.version, SPEC.dim)
    assert (told["metric"], told["weights"]) == ("cosine", None)
    in_file = pq.ParquetFile(path).metadata.metadata
    assert (in_file[b"vectors"], in_file[b"without_vector"]) == (b"2", b"1")
    assert in_file[b"key"] == json.dumps(SPEC.key).encode()
    assert told["preprocessing"]["size"] == SPEC.preprocessing.size  # type: ignore[union-attr]


def test_numpy(shelf: Shelf, stored: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "v.zip"
    saved(Asked(shelf.collection, drafts=True), "npy", path)
    array, rows, told = read_npy(path)
    assert array.dtype == np.float32 and array.shape == (3, SPEC.dim)
    assert [row["state"] for row in rows] == ["published", "published", "draft"]
    for row in rows:
        assert np.array_equal(array[int(row["row"])], stored[row["canvas_key"]])
    assert told["without_vector"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["v.zip"], "nothing is left behind"


def test_annotations_of_the_draft_extension(
    shelf: Shelf, stored: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "v.jsonld"
    saved(Asked(manifest=shelf.manifest), "jsonld", path)
    page = json.loads(path.read_text())
    assert page["type"] == "AnnotationPage"
    item = page["items"][0]
    assert item["motivation"] == "embedding"
    assert item["body"]["type"] == "EmbeddingVector"
    assert item["body"]["model"] == {
        "name": SPEC.name,
        "version": "1",
        "dimensions": SPEC.dim,
        "dataType": "float32",
        "endianness": "little",
    }
    assert item["target"]["id"] == shelf.first.raw_id
    read = np.array(item["body"]["value"], np.float16).astype(np.float32)
    assert np.array_equal(read, stored[shelf.first.key]), "six digits tell half precision exactly"


def test_the_library(shelf: Shelf, stored: dict[str, Any], tmp_path: Path) -> None:
    made = saved(Asked(), "parquet", tmp_path / "v.parquet")
    assert (made.done, made.without) == (3, 1)


def test_embeddings_of_one_canvas(
    shelf: Shelf, stored: dict[str, Any], client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": (ENCODER, "palette")}
    answer = client.get(f"/iiif/embeddings/{shelf.first.key}")
    assert answer["Access-Control-Allow-Origin"] == "*"
    page = answer.json()
    assert page["id"] == f"http://testserver/iiif/embeddings/{shelf.first.key}"
    (item,) = page["items"]
    assert (item["body"]["model"]["name"], item["rights"]) == (ENCODER, CC_BY)
    for hidden in (shelf.draft, shelf.withdrawn):
        assert client.get(f"/iiif/embeddings/{hidden.key}").status_code == 404
    assert client.get("/iiif/embeddings/no%00thing").status_code == 404


@pytest.mark.parametrize("name", ["nonsense", "minilm", "efficientnet-lite0-regions", "a\0b"])
def test_an_encoder_that_is_none_of_pictures_is_refused(name: str) -> None:
    with pytest.raises(NoSuchEncoder):
        of_pictures(name)


@pytest.mark.parametrize("form", vectors.FORMS)
def test_without_vectors_there_is_no_file(shelf: Shelf, form: str, tmp_path: Path) -> None:
    with pytest.raises(NoVectors, match="index makes those"):
        saved(Asked(shelf.collection), form, tmp_path / "v")


def test_every_encoder_can_be_described() -> None:
    for spec in registry.specs():
        told = json.loads(json.dumps(described(spec)))
        assert told["key"] == spec.key
        assert (told["weights"] is None) == spec.handcrafted
        if not spec.handcrafted:
            assert set(told["weights"]) == {"sha256", "source", "licence"}
