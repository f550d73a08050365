"""The encoders as this installation has them: cache folder and threads from its options, and those
whose vectors are kept up to date."""

from __future__ import annotations

from catalog.conf import problems
from iiifsearch.answering import REGION, TEXT, Live, live
from iiifsearch.conf import SearchOptions, options
from ml import regional, registry, runtime, spaces
from ml.regional import RegionEncoder
from ml.runtime import Encoder
from ml.specs import EncoderSpec


def encoder(name: str) -> Encoder:
    """The encoder of that name or key, loaded once a process. Raises `ml.errors.MLError`."""
    return runtime.load(
        name, cache_dir=options.encoder_cache, threads=options.encoder_threads or None
    )


def region_encoder(spec: EncoderSpec) -> RegionEncoder:
    """The encoder of regions, loaded once a process. Raises `ml.errors.MLError`."""
    threads = options.encoder_threads or None
    return regional.load(spec.key, options.encoder_cache, threads)


def register_added() -> list[str]:
    """Let the spaces that were added here be known; in words, those that cannot be used. Options
    that are wrong are told by the checks."""
    return [] if problems(SearchOptions) else spaces.register(options.encoder_cache)


# -- what is live --------------------------------------------------------------------------------


def live_names() -> tuple[str, ...]:
    """Names of all encoders that the settings make live. Asks no database."""
    images = [registry.get(name) for name in options.image_encoders]
    regions = (options.region_encoder,) if options.region_encoder else ()
    readers = [reader.name for spec in images if (reader := registry.partner(spec))]
    return tuple(dict.fromkeys((*options.image_encoders, *regions, options.text_encoder, *readers)))


def serving(name: str) -> EncoderSpec:
    """The version of the encoder that the settings call ``name`` by which searches go now."""
    return next((one.answers for one in live() if one.name == name), None) or registry.get(name)


def called(spec: EncoderSpec) -> str:
    """What the settings call it: another name than its own, where another is to take its place."""
    return next((one.name for one in live() if one.answers == spec), spec.name)


def joints() -> tuple[tuple[EncoderSpec, EncoderSpec], ...]:
    """The live encoders of pictures that texts may be compared with, each with that of those texts,
    in the order of ``image_encoders``. All are kept up to date; the first that covers all that the
    others do answers."""
    return tuple((one.answers, one.reader) for one in live() if one.reader)


def joint() -> tuple[EncoderSpec, EncoderSpec] | None:
    """Those of `joints` that answer; None where there are none."""
    pairs = [one for one in live() if one.reader]
    first = next((one for one in pairs if one.noted), None) or next(iter(pairs), None)
    return (first.answers, first.reader) if first and first.reader else None


def specs() -> tuple[EncoderSpec, ...]:
    """Whose vectors are kept up to date: of all that answer, and of those that are to take over
    and can be loaded."""
    images = [one for one in live() if one.slot not in (TEXT, REGION)]
    others = [one for slot in (REGION, TEXT) for one in live() if one.slot == slot]
    found: dict[str, EncoderSpec] = {}
    for one in (*images, *others):
        found |= {spec.key: spec for spec in (one.answers, one.wanted) if made(spec, one)}
    for one in images:
        found |= {
            spec.key: spec for spec in (one.reader, one.wanted_reader) if spec and made(spec, one)
        }
    return tuple(found.values())


def made(spec: EncoderSpec, one: Live) -> bool:
    """Whether vectors of ``spec``, one of those of ``one``, are kept up to date. One that cannot be
    loaded keeps nobody from what answers; the doctor tells."""
    return spec in (one.answers, one.reader) or runtime.ready(spec.key, options.encoder_cache)


def image_specs() -> tuple[EncoderSpec, ...]:
    """Those of `specs` that look at whole pictures."""
    return tuple(spec for spec in specs() if spec.modality == "image" and not spec.of_regions)


def text_specs() -> tuple[EncoderSpec, ...]:
    """Those of `specs` that read comments: for texts that are alike, and for pictures that show
    what they say."""
    return tuple(spec for spec in specs() if spec.modality == "text")
