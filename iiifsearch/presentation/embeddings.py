"""Vectors as annotations: the draft of a IIIF extension for embeddings (Northwestern University
Libraries, nulib-labs/iiif-embeddings-extension, as of 2025-05-21).

From the draft are the motivation `embedding`, the body's type `EmbeddingVector`, and `model` with
name, version, dimensions, dataType and endianness. The names `encoding` and `value` are ours, and
so is the context: no draft is a specification.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiifsearch.content_search.annotations import PRESENTATION_3
from iiifsearch.records import Record, urls
from ml.specs import EncoderSpec

DRAFT = "https://github.com/nulib-labs/iiif-embeddings-extension"
_TERMS = ("EmbeddingVector", "embedding", "model", "dimensions", "dataType", "endianness")
CONTEXT: dict[str, Any] = {
    name: {"@id": f"urn:iiifsearch:{name}"} for name in (*_TERMS, "encoding", "state")
}


def embedding(record: Record, spec: EncoderSpec, vector: NDArray[np.floating]) -> dict[str, Any]:
    """One Annotation; ``vector``: (dim,), of length 1. Its numbers are written with six digits,
    which is more than is stored."""
    target: dict[str, Any] = {
        "id": record.canvas_uri,
        "type": "Canvas",
        "partOf": [{"id": record.manifest_url, "type": "Manifest"}],
    }
    found: dict[str, Any] = {
        "id": f"{urls().embeddings(record.canvas.key)}#{spec.key}",
        "type": "Annotation",
        "motivation": "embedding",
        "body": {
            "type": "EmbeddingVector",
            "model": {
                "name": spec.name,
                "version": str(spec.version),
                "dimensions": spec.dim,
                "dataType": "float32",
                "endianness": "little",
            },
            "encoding": "json-array",
            "value": [float(f"{number:.6g}") for number in vector],
        },
        "target": target,
    }
    rights = {"rights": record.rights} if "://" in record.rights else {}
    return found | rights | {"state": record.state}


def page_head(id: str) -> dict[str, Any]:
    """An AnnotationPage of such annotations, but for its ``items``."""
    return {"@context": [CONTEXT, PRESENTATION_3], "id": id, "type": "AnnotationPage"}
