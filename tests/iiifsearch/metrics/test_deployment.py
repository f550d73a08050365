"""What is told of the metrics elsewhere is true of the code: the alerts, the page of the docs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent.parent.parent
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
PAGE = ROOT / "docs" / "monitoring.md"
#: Of Prometheus itself.
ITS_OWN = {"up"}
NAME = re.compile(r"\b(?:iiifsearch|process)_[a-z_]+\b")


@pytest.fixture
def families(db: None, encoders: Path, settings: Any) -> dict[str, str]:
    """Every family that a scrape tells, also without a sample, and what kind it is."""
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "metrics_token": "known here"}
    client = Client(headers={"Authorization": "Bearer known here"})
    text = client.get("/metrics").content.decode()
    return {family.name: family.type for family in text_string_to_metric_families(text)}


def series(families: dict[str, str]) -> set[str]:
    """The names that can be asked for."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {name + ending for name, kind in families.items() for ending in endings.get(kind, ("",))}


def test_alerts_name_metrics_that_exist(families: dict[str, str]) -> None:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    assert 5 <= len(group["rules"]) <= 8
    for rule in group["rules"]:
        named = set(NAME.findall(re.sub(r'"[^"]*"', "", rule["expr"])))
        assert named <= series(families), rule["alert"]
        assert named or ITS_OWN & set(re.findall(r"\w+", rule["expr"])), rule["alert"]
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("page", "warn")
        assert rule["alert"] in PAGE.read_text()


def test_the_page_has_every_metric_and_no_other(families: dict[str, str]) -> None:
    told = dict(re.findall(r"^\| `(iiifsearch_\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE))
    ours = {name: kind for name, kind in families.items() if name.startswith("iiifsearch_")}
    named = {name + "_total" if kind == "counter" else name: kind for name, kind in ours.items()}
    assert told == {name: kind for name, kind in named.items() if not name.endswith("_created")}


@pytest.mark.parametrize(
    "unit", sorted((ROOT / "deploy" / "systemd").glob("*.service")), ids=lambda unit: unit.stem
)
def test_units_are_hardened_and_start_again(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    for wanted in (
        *("Restart=always", "NoNewPrivileges=true", "ProtectSystem=strict", "PrivateTmp=true"),
        "EnvironmentFile=/etc/iiifsearch/env",
    ):
        assert wanted in lines
    assert any(line.startswith("MemoryMax=") for line in lines)
    assert any(line.startswith("ReadWritePaths=/var/lib/iiifsearch") for line in lines)
