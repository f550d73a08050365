"""Loading, refusing and staying light."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import exports, registry, runtime
from ml.errors import BadInput, BadOutput, CorruptResource, EncoderNotReady, MissingResource
from ml.resources import locate, verified
from ml.specs import Resource
from tests.ml.fakes import MEAN_RGB, registered, solid


def python(code):
    """Run in a fresh interpreter; its standard output."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def encoder_giving(vectors):
    return runtime.Encoder(MEAN_RGB, lambda inputs: np.array(vectors))


def test_the_registry_imports_neither_numpy_nor_torch():
    heavy = {"numpy", "torch", "PIL", "onnxruntime", "tokenizers", "transformers", "timm"}
    loaded = python("import sys, ml.registry, ml.specs, ml.errors; print(*sys.modules)")
    assert heavy.isdisjoint(loaded)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells its threads")
def test_a_network_has_no_threads_and_tells_nobody(encoder_cache):
    """So that it can be loaded before a fork. What ONNX Runtime sends, it sends from a thread."""
    before, after = python(
        "import os, pathlib, numpy\n"
        "from ml import runtime\n"
        f"cache = pathlib.Path({str(encoder_cache)!r})\n"
        "print(len(os.listdir('/proc/self/task')))\n"
        "runtime.load('efficientnet-lite0', cache_dir=cache)\n"
        "runtime.load('minilm', cache_dir=cache)\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    assert before == after


def test_serving_imports_no_torch(encoder_cache):
    loaded = python(
        "import sys, pathlib, numpy\n"
        "from ml import registry, runtime\n"
        "from ml.specs import Download\n"
        f"cache = pathlib.Path({str(encoder_cache)!r})\n"
        "for spec in registry.specs():\n"
        "    if isinstance(spec.weights, Download):\n"
        "        continue\n"
        "    item = 'a horse' if spec.modality == 'text' else numpy.full((9, 9, 3), 99, 'uint8')\n"
        "    assert runtime.ready(spec.key, cache)\n"
        "    runtime.load(spec.key, cache_dir=cache).encode([item])\n"
        "print(*sys.modules)"
    )
    assert {"torch", "timm", "transformers", "sentence_transformers"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "minilm-1"])
def test_without_an_export_the_message_is_the_command(name, tmp_path):
    assert not runtime.ready(name, tmp_path)
    command = f"python -m ml.encoders.export --cache-dir {tmp_path} {registry.resolve(name).name}"
    with pytest.raises(EncoderNotReady) as raised:
        runtime.load(name, cache_dir=tmp_path)
    assert command in str(raised.value)


def test_an_export_of_other_ingredients_or_content_is_not_served(tmp_path):
    spec = registry.get("minilm")
    onnx, sidecar = exports.onnx_path(spec, tmp_path), exports.sidecar_path(spec, tmp_path)
    onnx.write_bytes(b"graph")
    sidecar.write_text(json.dumps(exports.describe(spec, onnx)))
    assert runtime.ready("minilm", tmp_path) and exports.intact(spec, tmp_path)

    assert not exports.present(replace(spec, dim=7), tmp_path)
    onnx.write_bytes(b"grapf")
    assert not exports.intact(spec, tmp_path)
    onnx.write_bytes(b"gra")
    assert not runtime.ready("minilm", tmp_path)
    onnx.write_bytes(b"graph")
    sidecar.write_text("{")
    assert not runtime.ready("minilm", tmp_path)
    sidecar.write_text("[]")
    assert not runtime.ready("minilm", tmp_path)


def test_a_handcrafted_encoder_is_always_ready(tmp_path):
    assert runtime.ready("colour", tmp_path / "missing")


def test_loaded_once_for_all_threads(tmp_path, monkeypatch):
    calls = []
    original = runtime._forward
    monkeypatch.setattr(runtime, "_forward", lambda *given: calls.append(1) or original(*given))
    with registered(MEAN_RGB), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: runtime.load("mean-rgb", cache_dir=tmp_path), range(32)))
    assert len(calls) == 1
    assert all(encoder is found[0] for encoder in found)


def test_threads_share_an_encoder(encoder_cache):
    encoder = runtime.load("minilm", cache_dir=encoder_cache, threads=2)
    texts = [f"painting number {number}" for number in range(16)]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda text: encoder.encode([text])[0], texts))
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([[1, 0, 0], [0, float("nan"), 0]], "mean-rgb-1.*NaN or infinity for input 1"),
        ([[float("inf"), 0, 0], [1, 0, 0]], "mean-rgb-1.*NaN or infinity for input 0"),
        ([[1, 0, 0], [0, 0, 0]], "mean-rgb-1.*zero vector for input 1"),
        ([[1, 0], [1, 0]], r"mean-rgb-1.*\(2, 2\).*declared is \(2, 3\)"),
        ([[1, 0, 0]], "mean-rgb-1"),
    ],
)
def test_bad_output_is_refused_and_named(vectors, message):
    with pytest.raises(BadOutput, match=message):
        encoder_giving(vectors).encode([solid(1, 2, 3), solid(4, 5, 6)])


def test_large_vectors_are_not_taken_for_infinite():
    np.testing.assert_allclose(
        encoder_giving([[3e30, 4e30, 0]]).encode([solid(1, 2, 3)]), [[0.6, 0.8, 0]], atol=1e-6
    )


@pytest.mark.parametrize(
    "item",
    [
        "a string",
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((3, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused_and_named(item):
    with pytest.raises(BadInput, match="mean-rgb-1: input 1 is"):
        encoder_giving([[1, 0, 0]]).encode([solid(1, 2, 3), item])


def test_what_is_no_text_is_refused(encoder_cache):
    with pytest.raises(BadInput, match="minilm-1: input 1 is a bytes, not a string"):
        runtime.load("minilm", cache_dir=encoder_cache, threads=2).encode(["a", b"b"])


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    package = tmp_path / "a_package_of_weights"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('packages are located, not imported')")
    (package / "weights.bin").write_bytes(b"corrupt")
    monkeypatch.syspath_prepend(tmp_path)
    declared = Resource("a_package_of_weights", "weights.bin", "0" * 64)
    assert locate(declared) == package / "weights.bin"
    with pytest.raises(CorruptResource, match=r"sha256.*reinstall the package a_package_of_weig"):
        verified(declared)
    with pytest.raises(MissingResource, match=r"other\.bin.*not installed"):
        verified(replace(declared, path="other.bin"))
    with pytest.raises(MissingResource):
        verified(replace(declared, package="no_such_package"))
