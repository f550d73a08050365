"""The encoders as this installation has them: cache folder and threads from its options."""

from __future__ import annotations

from iiifsearch.conf import options
from ml import regional, runtime
from ml.regional import RegionEncoder
from ml.runtime import Encoder


def encoder(name: str) -> Encoder:
    """The encoder called ``name``, loaded once a process. Raises `ml.errors.MLError`."""
    return runtime.load(
        name, cache_dir=options.encoder_cache, threads=options.encoder_threads or None
    )


def text_encoder() -> Encoder:
    return encoder(options.text_encoder)


def region_encoder() -> RegionEncoder:
    """The live encoder of regions. Raises `ml.errors.MLError`."""
    threads = options.encoder_threads or None
    return regional.load(options.region_encoder, options.encoder_cache, threads)
