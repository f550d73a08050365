"""The torch side: pooling by hand, ONNX against torch, exports that are made once."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest

from ml import exports, registry, runtime
from ml.errors import CorruptResource, ExportMismatch, InvalidSpec

torch = pytest.importorskip("torch")

from ml.encoders import export as exporting  # noqa: E402
from ml.encoders.pooling import MeanOfTokens  # noqa: E402
from ml.encoders.whitened import Whitened  # noqa: E402
from ml.specs import Download, Weights  # noqa: E402
from ml.whitening import Whitening  # noqa: E402

PACKAGED = [spec for spec in registry.specs() if isinstance(spec.weights, Weights)]
DOWNLOADED = [spec for spec in registry.specs() if isinstance(spec.weights, Download)]


def build(spec, cache_dir):
    module, function = spec.loader.split(":")
    return getattr(__import__(module, fromlist=[function]), function)(spec, cache_dir)


@pytest.fixture(autouse=True)
def _two_threads():
    torch.set_num_threads(2)


def test_mean_of_tokens_leaves_padding_out():
    hidden = torch.tensor([[[1.0, 10.0], [3.0, 20.0], [99.0, 99.0]]])
    assert MeanOfTokens()(hidden, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 15.0]]


def test_whitened_by_hand():
    whitening = Whitening(np.float32([0.6, 0]), np.float32([[1], [10]]))
    # (3, 4) has norm 5: (.6, .8) - (.6, 0) = (0, .8)
    found = Whitened(torch.nn.Identity(), whitening)(torch.tensor([[3.0, 4.0]]))
    np.testing.assert_allclose(found, [[8.0]], rtol=1e-6)


def test_the_network_is_the_classifier_that_was_trained(tmp_path):
    from ml.encoders.efficientnet_lite0 import network

    classifier = network(registry.get("efficientnet-lite0"), tmp_path)
    rows, columns = torch.meshgrid(torch.arange(224), torch.arange(224), indexing="ij")
    waves = torch.stack([torch.sin(rows / 9), torch.cos(columns / 13), torch.sin(columns / 5)])
    with torch.inference_mode():
        logits = classifier(waves[None])[0]
    # As computed by the independent package efficientnet-lite-pytorch 0.1.0 from these weights.
    assert logits.argmax() == 906
    np.testing.assert_allclose(logits[:4], [-0.4392, 1.4262, -1.6395, -2.1096], atol=1e-3)


@pytest.mark.parametrize("spec", PACKAGED, ids=lambda spec: spec.key)
def test_onnx_computes_what_torch_computes(spec, encoder_cache):
    path = exports.onnx_path(spec, encoder_cache)
    tried = [exporting.example(spec, count) for count in (1, 3)]
    assert exporting.largest_difference(build(spec, encoder_cache), tried, path) <= 1e-4


@pytest.mark.parametrize("spec", DOWNLOADED, ids=lambda spec: spec.key)
def test_with_random_weights_too(spec, random_weights):
    # The export itself compares with torch, and keeps nothing that differs.
    spec, folder = random_weights(spec)
    assert exports.intact(spec, folder)


@pytest.mark.parametrize("spec", PACKAGED, ids=lambda spec: spec.key)
def test_weights_of_other_content_are_refused(spec, tmp_path):
    other = replace(spec, weights=replace(spec.weights, sha256="0" * 64))
    with pytest.raises(CorruptResource, match="declare a new encoder version"):
        build(other, tmp_path)


def test_a_whitening_of_other_content_is_refused(tmp_path):
    spec = registry.get("efficientnet-lite0")
    with pytest.raises(CorruptResource):
        build(replace(spec, whitening=replace(spec.whitening, sha256="0" * 64)), tmp_path)


def test_an_export_is_made_once(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    onnx = exporting.export("efficientnet-lite0", tmp_path)
    assert runtime.ready("efficientnet-lite0", tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    key = "efficientnet-lite0-1"
    assert names == {f"{key}.onnx", f"{key}.json", f"{key}.lock"}
    assert json.loads((tmp_path / f"{key}.json").read_text())["ingredients"]["key"] == key

    written = onnx.stat().st_mtime_ns
    assert exporting.export(key, tmp_path) == onnx
    assert onnx.stat().st_mtime_ns == written
    assert "already there" in caplog.text

    onnx.write_bytes(onnx.read_bytes()[:-1] + b"x")
    exporting.export(key, tmp_path)
    assert exports.intact(registry.get_by_key(key), tmp_path)


def test_an_export_that_differs_from_torch_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "largest_difference", lambda *given: float("nan"))
    monkeypatch.setattr(
        exporting, "write_onnx", lambda model, spec, inputs, path: path.write_bytes(b"x")
    )
    with pytest.raises(ExportMismatch, match="not kept"):
        exporting.export("efficientnet-lite0", tmp_path)
    assert not runtime.ready("efficientnet-lite0", tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_a_handcrafted_encoder_has_no_export(tmp_path):
    with pytest.raises(InvalidSpec, match="colour-1 is handcrafted"):
        exporting.export("colour", tmp_path)


def test_minilm_agrees_with_sentence_transformers(encoder_cache):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from ml.resources import locate

    texts = ["A horse in a field", "", "The Night Watch " * 200]
    spec = registry.get("minilm")
    reference = sentence_transformers.SentenceTransformer(
        str(locate(spec.weights).parent), device="cpu"
    )
    expected = reference.encode(texts, normalize_embeddings=True)
    got = runtime.load("minilm", cache_dir=encoder_cache, threads=2).encode(texts)
    np.testing.assert_allclose(got, expected, atol=1e-5)
