"""A run as it is written down, and how it is refused."""

from __future__ import annotations

import pytest

from ml.errors import BadData
from ml.training import config as configs
from ml.training.config import Config

LEAST = 'name = "bow-cml"\ntext = "bow"\nvisual = "colour"\ntransformation = "cml"\n'


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> Config:
        (tmp_path / "run.toml").write_text(text, encoding="utf-8")
        return configs.read(tmp_path / "run.toml")

    return read


def test_the_published_recipe(read):
    made = read(LEAST)
    assert made == Config("bow-cml", "bow", "colour", "cml")
    assert (made.dim, made.margin, made.positives, made.learning_rate) == (128, 0.1, 0.2, 1e-4)
    assert (made.batch, made.vocabulary, made.min_count) == (28, 10_000, 10)
    assert made.title_vocabulary is None and made.with_title


def test_written_and_read_again(read, tmp_path):
    made = Config(
        "a-1", "rnn", "colour-1", "amd", attribute="school", title_vocabulary=3, with_title=False
    )
    configs.write(made, tmp_path / "again.toml")
    assert configs.read(tmp_path / "again.toml") == made


def test_a_whole_number_is_a_number(read):
    made = read(LEAST + "learning_rate = 1\n")
    assert made.learning_rate == 1.0 and isinstance(made.learning_rate, float)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("colour = 3", r"run\.toml: colour is no key: allowed are name, text"),
        ("dim = 1.5", "dim = 1.5: allowed is a whole number"),
        ("dim = true", "dim = True: allowed is a whole number"),
        ('margin = "0.1"', "margin = '0.1': allowed is a number"),
        ("margin = nan", "margin = nan: allowed is a number"),
        ("with_title = 1", "with_title = 1: allowed is true or false"),
        ("dim = 0", "dim = 0: allowed is 1 or more"),
        ("positives = 1.0", "positives = 1.0: allowed is from 0.01 to 0.99"),
        ('attribute = "artist"', "allowed is one of type, school, timeframe, author"),
        ('attribute = "type"', "attribute = 'type': only amd, mtl, kgm have one"),
        ("title_vocabulary = 0", "title_vocabulary = 0: allowed is 1 or more"),
        ("x =", "is no TOML"),
    ],
)
def test_what_is_refused(read, line, says):
    with pytest.raises(BadData, match=says):
        read(f"{LEAST}{line}\n")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"cml"', '"cnn"', "transformation = 'cnn': allowed is one of cca, cml, amd, mtl, kgm"),
        ('"cml"', '"kgm"', "attribute is missing: kgm needs one of type, school"),
        ('"bow-cml"', '"../x"', "name = '../x': allowed are lower-case words joined by '-'"),
        ('"colour"', '"minilm"', "visual = 'minilm': allowed are .*colour"),
        ('"colour"', '"nothing"', "visual = 'nothing': allowed are .*colour"),
        ('text = "bow"\n', "", "text is missing: allowed is one of bow, mlp, rnn, minilm"),
    ],
)
def test_what_contradicts_itself(read, before, after, says):
    with pytest.raises(BadData, match=says):
        read(LEAST.replace(before, after))


def test_no_file(tmp_path):
    with pytest.raises(BadData, match="cannot be read"):
        configs.read(tmp_path / "gone.toml")


def test_differences_in_words():
    one, other = Config("a", "bow", "colour", "cml"), Config("a", "bow", "colour", "cml", dim=3)
    assert configs.differences(one.json(), one.json()) == []
    assert configs.differences(one.json(), other.json()) == ["dim is 128 there and 3 here"]
