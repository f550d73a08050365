"""Weights that are downloaded: where they are looked for, and what is said where they are not."""

import urllib.error
from dataclasses import replace

import pytest

from ml import exports, registry, runtime
from ml.errors import CorruptResource, InvalidSpec, MissingWeights
from ml.resources import sha256
from ml.specs import Download
from tests.ml.fakes import registered

torch = pytest.importorskip("torch")

from ml.encoders import downloads  # noqa: E402
from ml.encoders import export as exporting  # noqa: E402

DOWNLOADED = [spec for spec in registry.specs() if isinstance(spec.weights, Download)]
VGG16 = registry.get("vgg16")


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*given, **more):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr("torch.hub.urlopen", refuse)


def test_which_there_are():
    names = ["dinov2-small", "resnet152", "resnet50", "vgg16", "vgg16-average"]
    assert sorted(spec.name for spec in DOWNLOADED) == names


@pytest.mark.parametrize("spec", DOWNLOADED, ids=lambda spec: spec.key)
def test_the_address_is_the_librarys(spec):
    from timm.models import get_pretrained_cfg
    from torchvision.models import get_weight

    weights = spec.weights
    if spec.features.backbone == "dinov2_small":
        assert get_pretrained_cfg(weights.model).url == weights.url
    else:
        assert get_weight(weights.model).url == weights.url
        # torchvision's files carry the first digits of their sha256.
        assert f"-{weights.sha256[:8]}.pth" in weights.url


@pytest.mark.parametrize("spec", DOWNLOADED, ids=lambda spec: spec.key)
def test_without_a_network_it_is_told_what_to_do(spec, no_network, tmp_path):
    with pytest.raises(MissingWeights) as raised:
        exporting.export(spec.key, tmp_path)
    text = str(raised.value)
    for told in (spec.key, spec.weights.file, spec.weights.url, str(tmp_path / "weights")):
        assert told in text
    assert spec.weights.sha256 in text
    assert not runtime.ready(spec.key, tmp_path)
    assert list((tmp_path / "weights").iterdir()) == []


def run(monkeypatch, *names):
    """The command line, with what cannot be had and what can; the names that were tried."""
    tried = []

    def export(name, cache_dir):
        tried.append(name)
        if name == "vgg16":
            raise MissingWeights("vgg16-1: not to be had")

    monkeypatch.setattr(exporting, "export", export)
    monkeypatch.setattr(exporting.registry, "names", lambda: ["colour", "minilm", "vgg16"])
    monkeypatch.setattr("sys.argv", ["export", "--cache-dir", "x", *names])
    return tried


def test_the_others_are_made_all_the_same(monkeypatch, caplog):
    tried = run(monkeypatch, "vgg16", "minilm")
    with pytest.raises(SystemExit, match="1"):
        exporting.main()
    assert tried == ["vgg16", "minilm"]
    assert "MissingWeights: vgg16-1: not to be had" in caplog.text


def test_nobody_asked_for_what_cannot_be_had(monkeypatch, caplog):
    tried = run(monkeypatch)
    exporting.main()
    assert tried == ["minilm", "vgg16"]
    assert "vgg16-1: not to be had" in caplog.text


def test_a_file_put_there_is_taken_and_nobody_is_asked(no_network, tmp_path):
    spec = with_content(tmp_path, b"weights")
    assert downloads.fetched(spec, tmp_path) == tmp_path / "weights" / "vgg16-397923af.pth"


def test_another_file_is_refused(no_network, tmp_path):
    spec = with_content(tmp_path, b"weights")
    exports.weights_path(spec.weights, tmp_path).write_bytes(b"others")
    with pytest.raises(CorruptResource, match="remove the file"):
        downloads.fetched(spec, tmp_path)


def test_a_download_is_compared_before_it_is_kept(tmp_path):
    source = tmp_path / "server" / "weights.pth"
    source.parent.mkdir()
    source.write_bytes(b"weights")
    true = Download("any", source.as_uri(), sha256(source), "a test", "none")
    spec = replace(VGG16, weights=true)
    assert downloads.fetched(spec, tmp_path / "a").read_bytes() == b"weights"

    source.write_bytes(b"others")
    with pytest.raises(MissingWeights, match="invalid hash"):
        downloads.fetched(spec, tmp_path / "b")
    assert list((tmp_path / "b" / "weights").iterdir()) == []


def test_what_is_no_download_is_refused(tmp_path):
    with pytest.raises(InvalidSpec, match="declares no download"):
        downloads.fetched(registry.get("minilm"), tmp_path)


def test_weights_that_changed_make_an_export_stale(random_weights):
    spec, folder = random_weights(registry.get("dinov2-small"))
    other = replace(spec, weights=replace(spec.weights, sha256="0" * 64))
    with registered(spec):
        assert runtime.ready(spec.key, folder)
    assert not exports.present(other, folder)


def with_content(cache_dir, content):
    path = exports.weights_path(VGG16.weights, cache_dir)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return replace(VGG16, weights=replace(VGG16.weights, sha256=sha256(path)))
