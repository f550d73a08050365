"""The encoders as this installation has them: cache folder and threads from its options."""

from __future__ import annotations

from catalog.conf import problems
from iiifsearch.conf import SearchOptions, options
from ml import regional, registry, runtime, spaces
from ml.regional import RegionEncoder
from ml.runtime import Encoder
from ml.specs import EncoderSpec


def encoder(name: str) -> Encoder:
    """The encoder called ``name``, loaded once a process. Raises `ml.errors.MLError`."""
    return runtime.load(
        name, cache_dir=options.encoder_cache, threads=options.encoder_threads or None
    )


def register_added() -> list[str]:
    """Let the spaces that were added here be known; in words, those that cannot be used. Options
    that are wrong are told by the checks."""
    return [] if problems(SearchOptions) else spaces.register(options.encoder_cache)


def joints() -> tuple[tuple[EncoderSpec, EncoderSpec], ...]:
    """The live encoders of pictures that texts may be compared with, each with that of those texts,
    in the order of ``image_encoders``. All are kept up to date; the first answers."""
    live = [registry.get(name) for name in options.image_encoders]
    return tuple((spec, partner) for spec in live if (partner := registry.partner(spec)))


def joint() -> tuple[EncoderSpec, EncoderSpec] | None:
    """Those of `joints` that answer; None where there are none."""
    return next(iter(joints()), None)


def text_specs() -> tuple[EncoderSpec, ...]:
    """Who reads comments: for texts that are alike, and for pictures that show what they say."""
    return (registry.get(options.text_encoder), *(text for _, text in joints()))


def live_names() -> tuple[str, ...]:
    """Names of all encoders that are live."""
    regions = (options.region_encoder,) if options.region_encoder else ()
    texts = tuple(spec.name for spec in text_specs())
    return tuple(dict.fromkeys((*options.image_encoders, *regions, *texts)))


def region_encoder() -> RegionEncoder:
    """The live encoder of regions. Raises `ml.errors.MLError`."""
    threads = options.encoder_threads or None
    return regional.load(options.region_encoder, options.encoder_cache, threads)
