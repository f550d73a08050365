"""Weights that are not in a package: fetched once, checked, then loaded by the library's own code.

The file lies in the folder where both libraries look (`model_dir`, `cache_dir`) under the name that
they give it, so that they find it there and ask nobody.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import torch

from ml.errors import InvalidSpec, MissingWeights
from ml.exports import weights_path
from ml.resources import checked
from ml.specs import Download, EncoderSpec

SECONDS = 30  # of silence; a firewall that drops everything would be waited for for minutes


def fetched(spec: EncoderSpec, cache_dir: Path) -> Path:
    """Where the weights lie: downloaded if need be, their content the declared one.

    Raises InvalidSpec, MissingWeights, CorruptResource.
    """
    weights = declared(spec)
    path = weights_path(weights, cache_dir)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _patience(SECONDS):
                # torch.hub's own download, as both libraries use it: it compares the sha256 and
                # then renames, so that no half or false file is left.
                torch.hub.download_url_to_file(weights.url, str(path), weights.sha256, False)
        except (OSError, HTTPException, RuntimeError) as error:
            raise MissingWeights(
                f"{spec.key}: {weights.file} is not in {path.parent} and cannot be fetched from "
                f"{weights.url} ({error}). Fetch it elsewhere and put it there (sha256 "
                f"{weights.sha256}). Encoders of other weights work without it."
            ) from error
    return checked(path, weights.sha256, "remove the file, so that it is fetched anew")


def declared(spec: EncoderSpec) -> Download:
    """The spec's weights, which are a download. Raises InvalidSpec."""
    if not isinstance(spec.weights, Download):
        raise InvalidSpec(f"{spec.key} declares no download")
    return spec.weights


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """A limit for whoever sets none on a connection, as torch.hub does."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
