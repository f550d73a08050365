"""What the tests of training share: drawn paintings, and one thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ml.crossmodal import semart
from ml.crossmodal.semart import Painting
from ml.training import features
from tests.ml.training import drawn

VISUAL = "colour"


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Networks this small lose more by waiting for each other than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Drawn:
    """``data``: SemArt's layout. ``runs``: a folder of runs, where the vectors are kept.
    ``paintings``, ``vectors``: of the split "test"."""

    data: Path
    runs: Path
    paintings: tuple[Painting, ...]
    vectors: NDArray[np.float32]


@pytest.fixture(scope="session")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """600 to learn from, 100 to choose an epoch by, and 200 to be found."""
    work = tmp_path_factory.mktemp("drawn")
    data = drawn.write(work / "data", train=600, val=100, test=200)
    found = semart.read(data, "test").paintings
    vectors = features.pictures(
        [painting.picture for painting in found],
        VISUAL,
        cache_dir=work,
        kept=work / "runs" / features.FOLDER,
    )
    return Drawn(data, work / "runs", found, vectors)
