"""Encoders that cannot be live are told when Django starts."""

from __future__ import annotations

from typing import Any

import pytest

from iiifsearch.checks import check_options


def told(settings: Any, **options: Any) -> list[tuple[str | None, str]]:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **options}
    return [(found.id, str(found.msg)) for found in check_options()]


@pytest.mark.parametrize("name", ["", "efficientnet-lite0-regions"])
def test_good_encoders_of_regions(settings: Any, name: str) -> None:
    assert told(settings, region_encoder=name) == []


@pytest.mark.parametrize(
    ("options", "id", "message"),
    [
        ({"region_encoder": "nobody"}, "E002", "nobody"),
        ({"region_encoder": "colour"}, "E006", "'colour', which is no encoder of regions"),
        ({"image_encoders": ("nobody",)}, "E002", "nobody"),
        ({"image_encoders": ("minilm",)}, "E003", "reads texts; one for images"),
        ({"text_encoder": "colour"}, "E003", "reads images; one for texts"),
    ],
)
def test_wrong_encoders(settings: Any, options: dict[str, Any], id: str, message: str) -> None:
    (found,) = told(settings, **options)
    assert found[0] == f"iiifsearch.{id}"
    assert message in found[1]


def test_a_wrong_option_is_told_alone(settings: Any) -> None:
    (found,) = told(settings, encoder_cache="var/encoders")
    assert found[0] == "iiifsearch.E001" and "encoder_cache" in found[1]
