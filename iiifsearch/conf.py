"""The options of ``iiifsearch``: one typed class, read from ``settings.IIIFSEARCH``, a dict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from catalog.conf import Options


@dataclass(frozen=True)
class SearchOptions:
    SETTING: ClassVar[str] = "IIIFSEARCH"

    #: The address under which everything is published. Published URLs begin with it, never with
    #: the host of a request, so that they stay the same for ever.
    public_url: str = "http://127.0.0.1:8000"
    #: Name shown on the pages and in the top collection.
    site_name: str = "Paintings"
    #: Folder of the exported encoders (``manage.py encoders``).
    encoder_cache: Path = Path("var/encoders")
    #: Threads of one encoder in one process; 0: one for each core.
    encoder_threads: int = 0

    #: Encoders that are live: pictures by the first kind, comments and words by the second.
    image_encoders: tuple[str, ...] = (
        *("efficientnet-lite0", "colour", "colour-structure", "colour-layout", "palette"),
        *("edge-histogram", "hog", "texture", "lbp", "objects", "art-joint"),
    )
    text_encoder: str = "minilm"
    #: Encoder of the regions of pictures, by which a detail is found; "" for none: details are then
    #: looked for among whole pictures.
    region_encoder: str = "efficientnet-lite0-regions"
    #: Whether the points of pictures are kept by which likeness is verified: 140 kB a picture.
    local_features: bool = True
    #: Candidates that are verified for one answer.
    verify_candidates: int = 100
    #: Probability from which a verified match is accepted (docs/adr/0018-verification.md).
    accept_probability: float = 0.9

    #: Scopes up to this many rows are scanned exactly; larger ones go through HNSW.
    exact_rows: int = 20_000
    #: ``hnsw.ef_search`` at least: candidates kept while walking the graph, twice as many as are
    #: wanted where that is more; more is slower and finds more.
    ef_search: int = 150
    #: Megabytes (2**20) of memory, and of /dev/shm, that the database server may take for the build
    #: of one HNSW index; never less than its own ``maintenance_work_mem`` (docs/operation.md).
    build_memory_mb: int = 1024
    #: Candidates that every channel hands to fusion, and the most hits one search can have.
    candidates: int = 200
    #: Features that a search by likeness goes by where it names none, and the weight of each
    #: (docs/adr/0017-likeness.md). They must be live.
    features: tuple[tuple[str, float], ...] = (("efficientnet-lite0", 1.0), ("colour", 0.05))
    #: Weight of each channel of a search by words in reciprocal rank fusion.
    channel_weights: tuple[tuple[str, float], ...] = (
        *(("words", 1.0), ("comments", 0.7), ("pictures", 0.5)),
        *(("makers", 0.3), ("years", 0.1)),
    )
    #: The constant k of reciprocal rank fusion (docs/adr/0007-fusion.md).
    fusion_k: int = 5
    #: Share of the words that the best hit holds (weighted by rarity) that others must hold.
    min_coverage: float = 0.34
    #: Languages whose word forms are understood (BCP 47); others are matched word for word.
    text_languages: tuple[str, ...] = ("en", "de", "fr", "it", "es", "nl")
    #: Language of texts and queries that do not say theirs.
    default_language: str = "en"

    #: Hits on one page of Content Search, and of the search page.
    page_size: int = 20
    #: Pixels of the largest picture that may be uploaded.
    max_upload_pixels: int = 60_000_000
    max_upload_bytes: int = 25 * 1024 * 1024
    #: How often one visitor may read the REST interface, and have pictures looked at.
    rate_reads: str = "300/min"
    rate_pictures: str = "60/min"
    #: Proxies that stand before us and add to X-Forwarded-For: whom the outermost of them saw is
    #: taken for the visitor. 0: the header is not believed, since anybody can send one.
    trusted_proxies: int = 0
    #: Codes of an app when people sign in to the admin: "off", "offered" to who wants them, or
    #: "required" of everybody on the staff (docs/roles.md).
    two_factor: str = "off"
    #: Whoever sends this as a bearer token reads /metrics; "": nobody (docs/monitoring.md).
    metrics_token: str = ""
    #: Where a worker tells its own metrics, to all who reach it; port 0: nowhere.
    worker_metrics_port: int = 0
    worker_metrics_address: str = "127.0.0.1"
    #: Paintings on the map of the library; of more than these, so many are drawn by chance.
    most_on_map: int = 50_000
    #: Canvases that one indexing step takes from the database.
    batch: int = 16
    #: Tries for a canvas whose pixels cannot be had, before it counts as failed for good.
    max_attempts: int = 5


options: SearchOptions = Options(SearchOptions)  # type: ignore[assignment]
