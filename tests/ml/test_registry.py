"""Specs, names and keys."""

import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from ml import registry, resources
from ml.errors import DuplicateEncoder, InvalidSpec, MLError, UnknownEncoder
from ml.specs import Download, Resource
from tests.ml.fakes import MEAN_RGB, registered

DOCS = Path(__file__).resolve().parents[2] / "docs" / "encoders.md"
HANDCRAFTED = [
    "objects",
    "colour",
    "colour-layout",
    "colour-structure",
    "edge-histogram",
    "hog",
    "lbp",
    "palette",
    "texture",
]
NETWORKS = [
    "art-joint",
    "dinov2-small",
    "efficientnet-lite0",
    "efficientnet-lite0-regions",
    "efficientnet-lite0-shallow",
    "resnet152",
    "resnet50",
    "vgg16",
    "vgg16-average",
]
TEXTS = ["art-joint-text", "minilm"]


def test_names_by_modality():
    assert registry.names("image") == sorted([*HANDCRAFTED, *NETWORKS])
    assert registry.names("text") == TEXTS
    assert registry.names() == sorted([*HANDCRAFTED, *NETWORKS, *TEXTS])


def test_a_key_names_the_version():
    assert registry.get("efficientnet-lite0").key == "efficientnet-lite0-1"
    assert registry.get_by_key("colour-1") is registry.get("colour")


def test_a_name_means_the_latest_version_and_a_key_the_one_it_says():
    newer = replace(MEAN_RGB, version=10)
    with registered(MEAN_RGB, newer):
        assert registry.get("mean-rgb") is newer
        assert registry.resolve("mean-rgb") is newer
        assert registry.resolve("mean-rgb-1") is MEAN_RGB
        assert registry.names().count("mean-rgb") == 1
    assert "mean-rgb" not in registry.names()


def test_duplicates_are_refused():
    with registered(MEAN_RGB), pytest.raises(DuplicateEncoder, match=r"mean-rgb-1.*raise the ver"):
        registry.register(MEAN_RGB)


@pytest.mark.parametrize("find", [registry.get, registry.get_by_key, registry.resolve])
def test_an_unknown_name_names_the_known(find):
    with pytest.raises(UnknownEncoder, match=r"'nope'.*colour.*efficientnet-lite0.*minilm"):
        find("nope")


@pytest.mark.parametrize("name", ["", "Colour", "colour-2", "a b", "colour-", "../x"])
def test_a_name_that_reads_as_a_key_or_a_path_is_refused(name):
    with pytest.raises(InvalidSpec):
        registry.register(replace(MEAN_RGB, name=name))


@pytest.mark.parametrize(
    "change",
    [
        {"modality": "text"},
        {"dim": 0},
        {"version": 0},
        {"min_similarity": 1.5},
        {"loader": "tests.ml.fakes.mean_rgb"},
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(change):
    with pytest.raises(InvalidSpec, match="mean-rgb"):
        replace(MEAN_RGB, **change)


def test_a_spec_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        MEAN_RGB.dim = 4


def test_errors_have_one_root_and_a_default_message():
    assert issubclass(UnknownEncoder, MLError)
    assert str(UnknownEncoder()) == "No encoder of that name is registered."


@pytest.mark.parametrize("spec", registry.specs(), ids=lambda spec: spec.key)
class TestEverySpec:
    def test_fits_what_the_index_stores_inline(self, spec):
        assert 1 <= spec.dim <= 512

    def test_says_what_it_is(self, spec):
        assert spec.description.endswith(".")
        assert spec.metric == "cosine"
        assert spec.licence

    def test_its_files_are_installed_and_as_declared(self, spec):
        tokenizer = getattr(spec.preprocessing, "tokenizer", None)
        for resource in (spec.weights, spec.whitening, tokenizer):
            if isinstance(resource, Download):
                assert re.fullmatch("[0-9a-f]{64}", resource.sha256)
                assert resource.file in resource.url
            if not isinstance(resource, Resource):
                continue
            assert re.fullmatch("[0-9a-f]{64}", resource.sha256)
            assert resources.sha256(resources.locate(resource)) == resource.sha256

    def test_is_in_the_docs_as_it_is(self, spec):
        section = re.search(rf"^## `{spec.key}`\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.M | re.S)
        assert section, f"{DOCS.name} has no section for {spec.key}"
        text = " ".join(section[1].split())
        for fact in (
            f"{spec.dim} dimensions",
            f"takes: {spec.modality}",
            f"licence: {spec.licence}",
            f"default cut-off: {spec.min_similarity}",
            spec.description,
        ):
            assert fact in text


def test_the_docs_describe_no_encoder_that_is_not_there():
    described = re.findall(r"^## `(.+)`$", DOCS.read_text(), re.M)
    assert sorted(described) == [spec.key for spec in registry.specs()]
