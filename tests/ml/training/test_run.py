"""A run: what it leaves, that it can be repeated, stopped and gone on with, and its refusals."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ml.crossmodal.protocol import Model, measure
from ml.errors import BadData
from ml.training import config as configs
from ml.training import loop
from ml.training.config import Config
from ml.training.run import train
from ml.training.trained import load
from tests.ml.training import drawn

BOW = Config(
    "bow", "bow", "colour", "cml", dim=8, min_count=0, learning_rate=0.01, batch=16, epochs=4
)
RNN = replace(BOW, name="rnn", text="rnn", transformation="cca", hidden=6, embedding=5)
KINDS = [
    BOW,
    RNN,
    replace(BOW, name="mlp", text="mlp", transformation="amd", attribute="school", hidden=6),
    replace(BOW, name="kgm", transformation="kgm", attribute="timeframe"),
    replace(BOW, name="infonce", transformation="infonce", with_title=False),
]


class Stopped(Exception):
    """Somebody pulled the plug."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn.write(tmp_path_factory.mktemp("few"), train=40, val=12, test=12)


@pytest.fixture
def run(data, tmp_path):
    def run(config: Config, where: str = "runs", progress=lambda *_: None):
        return train(config, data, tmp_path / where, cache_dir=tmp_path, progress=progress)

    return run


def rows(folder) -> list[dict[str, str]]:
    """The log, but for how long it took."""
    with (folder / "log.csv").open(newline="") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def same(one, other) -> bool:
    weights, others = (load_file(folder / "weights.safetensors") for folder in (one, other))
    equal = weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )
    return equal and rows(one) == rows(other)


def test_what_it_leaves(run, tmp_path):
    told: list = []
    trained = run(BOW, progress=lambda *event: told.append(event))
    assert trained.folder == tmp_path / "runs" / "bow" and trained.epochs == 4
    assert configs.read(trained.folder / "config.toml") == BOW
    log = rows(trained.folder)
    assert list(log[0]) == list(loop.COLUMNS)
    assert [row["epoch"] for row in log] == ["1", "2", "3", "4"]
    medians = [float(row["median_rank"]) for row in log]
    assert medians[trained.epoch - 1] == min(medians) == trained.figures.median_rank
    card = json.loads((trained.folder / "card.json").read_text())
    assert card["config"]["name"] == "bow" and card["visual"] == "colour-1"
    assert card["paintings"] == {"train": 40, "val": 12}
    assert card["validation"]["median_rank"] == min(medians)
    assert card["torch"] == str(torch.__version__)
    assert ("pictures", 40, 40) in told and ("epochs", 4, 4) in told


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.name)
def test_repeated_it_is_the_same(run, config):
    assert same(run(config, "one").folder, run(config, "other").folder)


def test_another_seed_is_another_run(run):
    first, second = run(BOW, "one"), run(replace(BOW, seed=5), "other")
    assert not same(first.folder, second.folder)


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.name)
def test_stopped_it_goes_on_as_if_nothing_had_been(run, tmp_path, config):
    def stop(what: str, done: int, of: int) -> None:
        if (what, done) == ("epochs", 2):
            raise Stopped

    with pytest.raises(Stopped):
        run(config, "stopped", stop)
    assert not (tmp_path / "stopped" / config.name / "card.json").exists()
    gone_on, whole = run(config, "stopped"), run(config, "whole")
    assert same(gone_on.folder, whole.folder)
    assert gone_on.epoch == whole.epoch


def test_ended_it_does_nothing_again(run):
    first = run(BOW)
    again = run(BOW, progress=lambda *event: pytest.fail(f"did {event}"))
    assert again == first


def test_another_run_in_its_folder_is_refused(run, data, tmp_path):
    run(BOW)
    with pytest.raises(BadData, match=r"runs/bow holds another run: dim is 8 there and 9 here"):
        run(replace(BOW, dim=9))
    others = drawn.write(tmp_path / "others", seed=8, train=40, val=12)
    with pytest.raises(BadData, match=r"holds another run: data is '\w+' there and"):
        train(BOW, others, tmp_path / "runs", cache_dir=tmp_path)


def test_a_broken_state_is_told(run, tmp_path):
    (tmp_path / "runs" / "bow").mkdir(parents=True)
    (tmp_path / "runs" / "bow" / "state.pt").write_bytes(b"half a file")
    with pytest.raises(BadData, match=r"state\.pt is no state of a run.*delete it to begin anew"):
        run(BOW)


def test_it_ends_when_nothing_gets_better(run):
    trained = run(replace(BOW, learning_rate=1e-9, epochs=30, patience=2))
    assert trained.epoch == 1 and trained.epochs == 3


def test_closed_form_takes_one_epoch(run):
    trained = run(replace(BOW, transformation="cca"))
    assert trained.epochs == 1
    assert 0 <= float(rows(trained.folder)[0]["loss"]) < 1


def test_no_validation(tmp_path):
    data = drawn.write(tmp_path / "data", train=4)
    with pytest.raises(BadData, match=r"semart_val\.csv cannot be read"):
        train(BOW, data, tmp_path, cache_dir=tmp_path)


def test_an_attribute_that_nobody_tells(tmp_path):
    data = drawn.write(tmp_path / "data", train=4, val=4)
    table = data / "semart_train.csv"
    table.write_bytes(table.read_bytes().replace(b"Dutch", b"").replace(b"Italian", b""))
    config = replace(BOW, transformation="amd", attribute="school")
    with pytest.raises(BadData, match=r"no painting of semart_train\.csv tells its school"):
        train(config, data, tmp_path, cache_dir=tmp_path)


@pytest.mark.parametrize("config", [BOW, RNN], ids=lambda config: config.name)
def test_loaded_again(run, data, tmp_path, config):
    from ml.crossmodal import semart

    model: Model = load(run(config).folder, cache_dir=tmp_path)
    found = semart.read(data, "val").paintings
    images = [np.asarray(Image.open(painting.picture)) for painting in found]
    vectors = model.pictures(images)
    assert vectors.shape == (12, 320)
    scores = model.scores(["a disc", "", "nothing known"], vectors)
    assert scores.shape == (3, 12) and np.isfinite(scores).all()
    assert abs(scores).max() <= 1 + 1e-5
    assert measure(model, found, vectors)["queries"] == 12


def test_what_is_not_left_by_a_run(run, tmp_path):
    folder = run(BOW).folder
    (folder / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadData, match="are not the weights of this run"):
        load(folder, cache_dir=tmp_path)
    (folder / "card.json").unlink()
    with pytest.raises(BadData, match="has the run ended"):
        load(folder, cache_dir=tmp_path)
