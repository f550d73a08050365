"""Photographs of paintings find the painting; on the evaluation data, where it is there."""

import pytest

from ml import runtime
from tests.ml.measure_descriptor import MuseumPhotos, encode_all, museum_queries

# What a plain whole-picture EfficientNet-Lite0 reaches; docs/adr/0010 says what this one does.
FLOOR = {"qsd1_w1": 0.93, "qsd1_w2": 0.93, "qsd1_w3": 0.96, "qsd1_w4": 0.55}


@pytest.mark.long
def test_museum_photographs(eval_data, encoder_cache):
    from ml.encoders.learn_whitening import read_pixels

    museum = MuseumPhotos(eval_data / "museum-photos")
    encoder = runtime.load("efficientnet-lite0", cache_dir=encoder_cache, threads=2)
    database = encode_all(encoder, map(read_pixels, museum.database))
    recalls = museum.recall_at_1(database, encode_all(encoder, museum_queries(museum)))
    assert all(recalls[name] >= floor for name, floor in FLOOR.items()), recalls
