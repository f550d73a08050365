"""The map is laid out by a process of its own."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from iiifsearch.index import map as making
from tests.iiifsearch.conftest import Library


def test_the_command(library: Library, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("map")
    assert "4 paintings are on the map" in capsys.readouterr().out
    call_command("map")
    assert "Nothing changed: the map of 4 paintings stays" in capsys.readouterr().out
    monkeypatch.setattr(making, "draw", _die)
    with pytest.raises(CommandError, match="most_on_map"):
        call_command("map", always=True)
    assert making.current() is not None, "the one before stays"


def _die(vectors: np.ndarray) -> None:
    os._exit(9)
