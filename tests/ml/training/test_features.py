"""Pictures are looked at once; a broken one is named."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ml.errors import BadData
from ml.training import features
from tests.ml.fakes import MEAN_RGB, registered


@pytest.fixture
def paths(tmp_path):
    made = []
    for name, colour in (("red", (200, 0, 0)), ("green", (0, 200, 0))):
        made.append(tmp_path / f"{name}.png")
        Image.new("RGB", (8, 8), colour).save(made[-1])
    return made


@pytest.fixture
def see(tmp_path):
    """The vectors, and how often the encoder was asked."""

    def see(paths, asked: list | None = None):
        def progress(*told) -> None:
            if asked is not None:
                asked.append(told)

        kept = tmp_path / "kept"
        with registered(MEAN_RGB):
            return features.pictures(
                paths, "mean-rgb", cache_dir=tmp_path, kept=kept, progress=progress
            )

    return see


def test_looked_at_once(paths, see, tmp_path):
    asked: list = []
    first, again = see(paths, asked), see(paths, asked)
    np.testing.assert_allclose(first, [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(first, again)
    assert asked == [("pictures", 2, 2)]
    (file,) = (tmp_path / "kept").iterdir()
    assert file.name.startswith("mean-rgb-1-") and file.suffix == ".npy"


def test_looked_at_again_when_a_file_changes_or_the_order_does(paths, see):
    see(paths)
    Image.new("RGB", (9, 9), (0, 0, 200)).save(paths[0])
    np.testing.assert_allclose(see(paths), [[0, 0, 1], [0, 1, 0]])
    np.testing.assert_allclose(see(paths[::-1]), [[0, 1, 0], [0, 0, 1]])


def test_upright_and_in_rgb(tmp_path):
    picture = Image.new("L", (4, 2), 7)
    exif = picture.getexif()
    exif[274] = 6  # turned by a quarter
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert features.pixels(tmp_path / "a.jpg").shape == (4, 2, 3)


def test_a_broken_picture_is_named(paths, see):
    whole = paths[1].read_bytes()
    paths[1].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadData, match=r"green\.png is no picture that can be read"):
        see(paths)
    paths[1].unlink()
    with pytest.raises(BadData, match=r"green\.png cannot be read"):
        see(paths)


def test_a_picture_without_a_vector_is_named(paths, see):
    Image.new("RGB", (8, 8)).save(paths[0])
    with pytest.raises(BadData, match=r"zero vector for input 0; input 0 was .*red\.png"):
        see(paths)
