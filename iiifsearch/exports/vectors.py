"""Vectors of paintings as files: Parquet, or a zip of a numpy array with its rows; and as IIIF
annotations. Written in batches; memory does not grow with their number."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from iiifsearch.exports.asked import Asked
from iiifsearch.exports.cells import table
from iiifsearch.exports.encoder import described
from iiifsearch.exports.jsonld import Streamed, written
from iiifsearch.models import CanvasVector
from iiifsearch.presentation.embeddings import embedding, page_head
from iiifsearch.records import Record, records
from ml.specs import EncoderSpec

COLUMNS = ("canvas_key", "canvas_uri", "state", "rights")


class NoVectors(ValueError):
    """Why there is nothing to export."""


@dataclass
class Vectors:
    """What is exported. ``done`` and ``without``, once it is: paintings with a vector, and those
    that have none by this encoder."""

    spec: EncoderSpec
    asked: Asked
    done: int = 0
    without: int = 0

    def batches(self) -> Iterator[tuple[list[Record], NDArray[np.float32]]]:
        """Paintings and their vectors, float32 (N, dim), in the order of the export."""
        for ids in self.asked.in_order():
            shown = records(ids, drafts=self.asked.drafts)
            rows = CanvasVector.objects.filter(encoder=self.spec.key, canvas_id__in=shown)
            found = {
                pk: np.array(vec, np.float32) for pk, vec in rows.values_list("canvas_id", "vec")
            }
            there = [pk for pk in ids if pk in found]
            self.done += len(there)
            self.without += len(shown) - len(there)
            if there:
                yield [shown[pk] for pk in there], np.stack([found[pk] for pk in there])

    def counts(self) -> dict[str, int]:
        return {"vectors": self.done, "without_vector": self.without}


def save(vectors: Vectors, form: str, path: Path) -> None:
    """Write ``vectors`` to ``path``; ``form``: one of `FORMS`. Raises NoVectors, and leaves no
    file then: the caller gives a temporary name."""
    FORMS[form].write(vectors, path)
    if not vectors.done:
        raise NoVectors(
            f"No painting of it has a vector by {vectors.spec.key}. manage.py index makes those of "
            "the encoders that are live."
        )


def _cells(record: Record) -> tuple[str, str, str, str]:
    return record.canvas.key, record.canvas_uri, record.state, record.rights


# -- Parquet -------------------------------------------------------------------------------------


def _parquet(vectors: Vectors, path: Path) -> None:
    """Columns of texts, and ``vector``, a fixed_size_list<float>[dim]; what the encoder is stands
    in the file's key-value metadata, each value as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dim = vectors.spec.dim
    kind = pa.list_(pa.float32(), dim)
    schema = pa.schema(
        [*((name, pa.string()) for name in COLUMNS), ("vector", kind)],
        metadata=_as_json(described(vectors.spec)),
    )
    with pq.ParquetWriter(path, schema) as writer:
        for shown, array in vectors.batches():
            texts = [
                pa.array(column, pa.string()) for column in zip(*map(_cells, shown), strict=True)
            ]
            listed = pa.FixedSizeListArray.from_arrays(pa.array(array.ravel(), pa.float32()), dim)
            writer.write_batch(pa.record_batch([*texts, listed], schema=schema))
        # These two are known at the end alone, and stand in the file's metadata only.
        writer.add_key_value_metadata(_as_json(vectors.counts()))


def _as_json(values: dict[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value) for name, value in values.items()}


# -- numpy ---------------------------------------------------------------------------------------


def _npy(vectors: Vectors, path: Path) -> None:
    """A zip: vectors.npy, float32 (N, dim); rows.csv, the painting of each; encoder.json."""
    with (
        tempfile.TemporaryFile(dir=path.parent) as raw,
        tempfile.TemporaryFile(dir=path.parent) as rows,
    ):
        for line in table(("row", *COLUMNS), _raw(vectors, raw)):
            rows.write(line.encode())
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            with archive.open("vectors.npy", "w", force_zip64=True) as out:
                shape = {
                    "descr": "<f4",
                    "fortran_order": False,
                    "shape": (vectors.done, vectors.spec.dim),
                }
                np.lib.format.write_array_header_1_0(out, shape)
                _copy(raw, out)
            with archive.open("rows.csv", "w", force_zip64=True) as out:
                _copy(rows, out)
            told = {**described(vectors.spec), **vectors.counts()}
            archive.writestr("encoder.json", json.dumps(told, indent=2))


def _raw(vectors: Vectors, raw: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """The rows of the table; on the way the vectors go into ``raw``."""
    row = 0
    for shown, array in vectors.batches():
        raw.write(np.ascontiguousarray(array, "<f4").tobytes())
        for record in shown:
            yield (row, *_cells(record))
            row += 1


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(0)
    shutil.copyfileobj(source, target)


# -- annotations ---------------------------------------------------------------------------------


def _annotations(vectors: Vectors, path: Path) -> None:
    """An AnnotationPage of `embedding` annotations."""
    items = (
        embedding(record, vectors.spec, vector)
        for shown, array in vectors.batches()
        for record, vector in zip(shown, array, strict=True)
    )
    head = page_head(f"urn:iiifsearch:export:vectors:{vectors.spec.key}")
    with path.open("w", encoding="utf-8") as out:
        out.writelines(written(Streamed({**head, "items": items})))


@dataclass(frozen=True)
class Form:
    suffix: str
    content_type: str
    write: Callable[[Vectors, Path], None]


FORMS = {
    "parquet": Form("parquet", "application/vnd.apache.parquet", _parquet),
    "npy": Form("zip", "application/zip", _npy),
    "jsonld": Form("jsonld", "application/ld+json", _annotations),
}


def read_npy(path: Path) -> tuple[NDArray[np.float32], list[dict[str, str]], dict[str, Any]]:
    """What `save` wrote as "npy": float32 (N, dim), a row of the table for each, the encoder."""
    with zipfile.ZipFile(path) as archive:
        array = np.load(io.BytesIO(archive.read("vectors.npy")), allow_pickle=False)
        lines = io.StringIO(archive.read("rows.csv").decode("utf-8-sig"), newline="")
        return array, list(csv.DictReader(lines)), json.loads(archive.read("encoder.json"))
