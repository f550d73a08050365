"""``manage.py doctor``: is all well, and if not, what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from iiifsearch.doctor.examination import examine
from iiifsearch.doctor.findings import Level

_STYLES = {
    Level.OK: "SUCCESS",
    Level.NOTE: "NOTICE",
    Level.WARNING: "WARNING",
    Level.ERROR: "ERROR",
}


class Command(BaseCommand):
    help = "Examine the installation. Ends with status 1 where there is an error."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="findings as a JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(examine())
        if options["json"]:
            told = [{"check": check, **asdict(finding)} for check, finding in found]
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            for _, finding in found:
                mark = getattr(self.style, _STYLES[finding.level])(f"{finding.level:<7}")
                self.stdout.write(f"{mark} {finding.about}: {finding.text}")
                if finding.advice:
                    self.stdout.write(f"        -> {finding.advice}")
            levels = [finding.level for _, finding in found]
            self.stdout.write(
                f"{levels.count(Level.ERROR)} errors, {levels.count(Level.WARNING)} warnings, "
                f"{levels.count(Level.NOTE)} notes."
            )
        if any(finding.level == Level.ERROR for _, finding in found):
            raise SystemExit(1)
