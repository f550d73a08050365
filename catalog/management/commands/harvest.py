"""``manage.py harvest URL...``: harvest manifests and collections."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.harvest.run import BadSource, perform, request
from catalog.models import HarvestRun


class Command(BaseCommand):
    help = "Harvest IIIF manifests or collections, now or (with --queue) by a worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urls", nargs="+", metavar="URL")
        parser.add_argument("--queue", action="store_true", help="leave the work to a worker")

    def handle(self, *args: Any, urls: list[str], queue: bool, **options: Any) -> None:
        failed = []
        for url in urls:
            try:
                run = request(url, queue=queue)
            except BadSource as error:
                failed.append(str(error))
                continue
            if queue:
                self.stdout.write(f"Queued as run {run.pk}: {url}")
                continue
            perform(run)
            self._report(run)
            if run.failed:
                failed.append(f"{url}: {run.failed} of {run.found} failed.")
        if failed:
            raise CommandError("\n".join(failed))

    def _report(self, run: HarvestRun) -> None:
        counts = ", ".join(
            f"{getattr(run, name)} {name}"
            for name in ("created", "updated", "unchanged", "skipped", "failed")
            if getattr(run, name)
        )
        self.stdout.write(f"{run.source}: {counts or 'nothing found'}; {run.canvases} canvases.")
        reasons = set(run.items.values_list("reason", flat=True))
        if run.message and run.message not in reasons:
            self.stdout.write(f"  {run.message}")
        for item in run.items.exclude(reason=""):
            self.stdout.write(f"  {item.outcome}: {item.reason}")
        for item in run.items.exclude(warnings=[]):
            self._warn(item.url, item.warnings)

    def _warn(self, url: str, warnings: list[dict[str, str]]) -> None:
        """One line a kind of warning: how often, and the first as an example."""
        kinds = Counter(warning["code"] for warning in warnings)
        for code, count in kinds.items():
            first = next(warning for warning in warnings if warning["code"] == code)
            often = "" if count == 1 else f"{count} times, first: "
            self.stdout.write(f"  {url}: {code}: {often}{first['message']} ({first['path']})")
