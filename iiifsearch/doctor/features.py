"""What is made of pictures and texts: the exported encoders, and how much is still to be made."""

from __future__ import annotations

from collections.abc import Iterator

from iiifsearch import answering, encoders
from iiifsearch.conf import options
from iiifsearch.doctor.asking import one
from iiifsearch.doctor.findings import Finding, error, note, ok, warning
from iiifsearch.index import estimates, takeover
from iiifsearch.index.find_work import picture_features, text_features
from ml import exports, registry, runtime

#: Share of the canvases, and how many, from which what is missing is told: these are estimates.
_SHARE, _MANY = 0.05, 50


def exported_encoders() -> Iterator[Finding]:
    """The exports of the live encoders are read whole, and compared with what was written."""
    cache, broken = options.encoder_cache, 0
    for name in encoders.live_names():
        spec = registry.get(name)
        if spec.handcrafted or exports.intact(spec, cache):
            continue
        broken += 1
        if exports.present(spec, cache):
            onnx = exports.onnx_path(spec, cache)
            text = f"{onnx} is not what was written: it is damaged."
            advice = f"rm {onnx}; manage.py encoders {name}"
        else:
            text = f"There is no export of it in {cache}, or an outdated one."
            advice = f"manage.py encoders {name}"
        yield error(spec.key, text, advice)
    if not broken:
        yield ok("exported_encoders", "All are there and intact.")


def versions() -> Iterator[Finding]:
    """Which versions wait to take over, and about how far they are."""
    for slot, key in takeover.unknown():
        yield error(
            slot,
            f"Searches went by {key}, which is not known here any more: they go by what is "
            "wanted now, of which vectors may be lacking.",
            "Run the release that knows it, until the new version has taken over; or let the new "
            "one answer: manage.py encoders --use KEY --incomplete",
        )
    steps = [step for one in answering.live() for step in one.steps]
    for old, new in steps:
        if not runtime.ready(old.key, options.encoder_cache):
            yield error(
                old.key,
                f"It answers until {new.key} takes over, and is not exported: no query can be read "
                "by it.",
                f"manage.py encoders {old.key}",
            )
        if new not in encoders.specs():
            yield warning(
                new.key,
                f"It is to take over from {old.key}, and is not exported.",
                f"manage.py encoders {new.key}",
            )
            continue
        done, of = (
            estimates.rows("iiifsearch_seen", "v.feature = %s", [s.key]) for s in (new, old)
        )
        yield note(
            new.key,
            f"It takes over from {old.key}, which answers, once it was made of all canvases: about "
            f"{min(done, of):,} of {of:,}.",
            "Nothing needs to be done: workers make it, and build its index. Where canvases have "
            "failed for good: manage.py encoders --use KEY --incomplete",
        )
    if not steps:
        yield ok("versions", "The wanted versions answer.")


def features() -> Iterator[Finding]:
    """About how many canvases lack a feature, by the planner's numbers."""
    if (one("SELECT reltuples FROM pg_class WHERE oid = 'catalog_canvas'::regclass") or -1) <= 0:
        yield note(
            "features",
            "The planner knows of no canvases yet, so that nothing is estimated.",
            "After the first harvest, in psql: ANALYZE;",
        )
        return
    canvases = estimates.rows("catalog_canvas", "v.state <> 'withdrawn'")
    lacking = []
    for feature in (*picture_features(), *text_features()):
        missing = canvases - estimates.rows("iiifsearch_seen", "v.feature = %s", [feature])
        if missing > max(_MANY, _SHARE * canvases):
            lacking.append(f"{feature}: {missing:,}")
    if lacking:
        yield note(
            "features",
            f"Of {canvases:,} canvases about so many lack a feature: {', '.join(lacking)}.",
            "Workers make them by and by, or: manage.py index. The admin counts exactly, under "
            "State of the index.",
        )
    else:
        yield ok("features", f"About {canvases:,} canvases have them all, or nearly all.")
