"""How much like a text a picture must be, for tests whose pictures show nothing that words say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iiifsearch.encoders import joint
from iiifsearch.engine import meaning, suggest


def cut_off(monkeypatch: pytest.MonkeyPatch, least: float) -> None:
    """From now on a cosine of ``least`` is good enough."""
    both = joint()
    assert both is not None
    image, text = both
    told = (image, replace(text, min_similarity=least))
    for module in (meaning, suggest):
        monkeypatch.setattr(module, "joint", lambda: told)
