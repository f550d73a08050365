"""A model that was trained finds, as a pair of encoders, what it found on the bench."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ml import registry, runtime, spaces
from ml.crossmodal import semart, space
from ml.errors import BadData, CorruptResource, InvalidSpec
from ml.training import trained
from ml.training.features import pixels
from ml.training.publish import publish
from tests.ml.spaces import READERS, beside, forgotten, run


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def cache(encoder_cache: Path, tmp_path: Path) -> Iterator[Path]:
    with forgotten():
        yield beside(encoder_cache, tmp_path / "cache")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without exports, which take seconds."""
    monkeypatch.setattr("ml.training.publish.export_space", lambda made, cache_dir: None)


@pytest.mark.parametrize("text", READERS)
def test_it_finds_what_it_found(work: Path, encoder_cache: Path, cache: Path, text: str) -> None:
    folder = run(work, encoder_cache, text)
    made = publish(folder, cache_dir=cache)
    assert (made.name, made.key, made.dim) == (f"{text}-model", f"{text}-model-1", 24)
    picture, reader = made.specs()
    assert registry.partner(picture) == reader
    assert runtime.ready(picture.key, cache) and runtime.ready(reader.key, cache)

    there = semart.read(work / "data", "test").paintings
    comments = [one.comment for one in there]
    seen = [pixels(one.picture) for one in there]
    bench, served = (
        trained.load(folder, cache_dir=cache),
        space.load(made.name, cache_dir=cache),
    )
    expected = bench.scores(comments, bench.pictures(seen))
    found = served.scores(comments, served.pictures(seen))
    if text == "minilm":  # the mean of what sentences become, not what becomes of their mean
        assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.98
    else:
        np.testing.assert_allclose(found, expected, atol=1e-4)
    card = json.loads((folder / "card.json").read_text())
    assert (picture.min_similarity, reader.min_similarity) == tuple(card["cut_offs"])


def test_a_text_of_words_nobody_knows(work: Path, encoder_cache: Path, cache: Path) -> None:
    made = publish(run(work, encoder_cache, "rnn"), cache_dir=cache)
    vectors = runtime.load(made.specs()[1].key, cache_dir=cache).encode(["zzz", "red zzz", ""])
    assert np.allclose(vectors[0], vectors[2], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)


def test_it_is_there_in_the_next_process(
    quick: None, work: Path, encoder_cache: Path, cache: Path
) -> None:
    made = publish(run(work, encoder_cache, "bow"), cache_dir=cache, name="Ours 2026")
    assert made.name == "ours2026"
    registry.forget(made.key)
    assert "ours2026" not in registry.names()
    assert spaces.register(cache) == [] and spaces.register(cache) == []
    assert registry.get("ours2026") == made.specs()[0]


def test_a_name_that_is_taken(quick: None, work: Path, encoder_cache: Path, cache: Path) -> None:
    folder = run(work, encoder_cache, "bow")
    made = publish(folder, cache_dir=cache)
    before = (spaces.folder(made.key, cache) / "space.json").read_bytes()
    for name in (None, "colour", "art-joint"):
        with pytest.raises(InvalidSpec, match="already: take another name"):
            publish(folder, cache_dir=cache, name=name)
    assert (spaces.folder(made.key, cache) / "space.json").read_bytes() == before


def test_what_has_no_graph(work: Path, encoder_cache: Path, cache: Path) -> None:
    folder = run(work, encoder_cache, "bow", visual="colour", name="by-colour")
    with pytest.raises(InvalidSpec, match="seen by colour-1, which is no network"):
        publish(folder, cache_dir=cache)
    assert not (cache / "spaces").exists()


def test_what_is_no_run(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"config\.toml cannot be read"):
        publish(tmp_path, cache_dir=cache)


def test_nothing_is_left_of_what_fails(
    work: Path, encoder_cache: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("ml.training.publish.export_space", fails)
    with pytest.raises(OSError, match="No space left"):
        publish(run(work, encoder_cache, "bow"), cache_dir=cache)
    assert "bow-model" not in registry.names() and list((cache / "spaces").iterdir()) == []


def test_what_was_changed_is_refused(work: Path, encoder_cache: Path, cache: Path) -> None:
    made = publish(run(work, encoder_cache, "bow"), cache_dir=cache)
    words = spaces.folder(made.key, cache) / "vocabulary.json"
    words.write_text(words.read_text().replace("red", "der"))
    with pytest.raises(CorruptResource, match="not what was added"):
        runtime.load(made.specs()[1].key, cache_dir=cache)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("nonsense", "declares no space that can be used"),
        ("[]", "declares no space that can be used"),
        ('{"name": "x"}', "declares no space that can be used"),
    ],
)
def test_a_broken_declaration_is_told(
    quick: None, work: Path, encoder_cache: Path, cache: Path, said: str, told: str
) -> None:
    made = publish(run(work, encoder_cache, "bow"), cache_dir=cache)
    there = spaces.folder(made.key, cache)
    other = shutil.copytree(there, there.with_name("other-1"))
    (there / "space.json").write_text(said)
    found, wrong = spaces.declared(cache)
    assert found == [] and len(wrong) == 2
    assert told in wrong[0] and "and its folder is called other-1" in wrong[1]
    with pytest.raises(InvalidSpec, match="take another name"):
        publish(work / "models/bow-model", cache_dir=cache)
    assert other.is_dir() and (there / "space.json").read_text() == said


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("loader", "os:system", "the loader is 'os:system'; known are"),
        ("weights", "../weights.safetensors", "declaration of bow-model-1 is not whole"),
        ("texts", {"vocabulary": "/etc/passwd", "longest": None}, "is no name of a file"),
        ("files", {"../x": "0"}, "KeyError"),
        ("cut_offs", [0.1], "IndexError"),
        ("pictures", {"size": 3}, "missing"),
    ],
)
def test_a_folder_that_somebody_brought(
    quick: None,
    work: Path,
    encoder_cache: Path,
    cache: Path,
    key: str,
    value: object,
    told: str,
) -> None:
    made = publish(run(work, encoder_cache, "bow"), cache_dir=cache)
    path = spaces.folder(made.key, cache) / "space.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    found, (wrong,) = spaces.declared(cache)
    assert found == [] and told in wrong


@pytest.mark.parametrize(
    ("wished", "named"),
    [
        ("ViT-B-16-SigLIP2", "vit-b16-siglip2"),
        ("16 Ways", "ways"),
        ("été", "t"),
        ("a_b.c/d", "a-b-c-d"),
    ],
)
def test_names(wished: str, named: str) -> None:
    assert spaces.named(wished) == named


def test_no_name() -> None:
    with pytest.raises(InvalidSpec, match="at least one letter"):
        spaces.named("123 é")
