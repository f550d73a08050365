"""``manage.py harvest URL...``: harvest manifests, collections and streams of changes."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.harvest.progress import Progress, failures_of, progress_of
from catalog.harvest.run import BadSource, WrongState, perform, request, retry
from catalog.models import HarvestRun

WATCH_SECONDS = 1.0


class Command(BaseCommand):
    help = "Harvest IIIF manifests, collections or change streams, now or (--queue) by workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urls", nargs="*", metavar="URL")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument(
            "--watch", action="store_true", help="leave it to them, and show how far they are"
        )
        parser.add_argument(
            "--full", action="store_true", help="read everything anew, also what is unchanged"
        )
        parser.add_argument(
            "--run", type=int, metavar="N", help="with --watch or --retry-failed: that run"
        )
        parser.add_argument(
            "--retry-failed", action="store_true", help="try again what failed in --run N"
        )

    def handle(
        self, *args: Any, urls: list[str], queue: bool, watch: bool, full: bool, **options: Any
    ) -> None:
        number: int | None = options["run"]
        if number is not None:
            run = self._run(number)
            if options["retry_failed"]:
                self._retry(run)
            if watch:
                self._watch([run])
            return
        if not urls or options["retry_failed"]:
            raise CommandError("Name a URL, or a run: harvest URL, harvest --run N --retry-failed")
        runs, failed = [], []
        for url in urls:
            try:
                runs.append(request(url, queue=queue or watch, full=full))
            except BadSource as error:
                failed.append(str(error))
        for run in runs:
            if queue or watch:
                self.stdout.write(f"Queued as run {run.pk}: {run.source.url}")
                continue
            run = perform(run)
            self._report(run)
            if run.failed:
                failed.append(f"{run.source.url}: {run.failed} of {run.found} failed.")
        if watch:
            self._watch(runs)
            failed += [
                f"{run.source.url}: {run.failed} of {run.found} failed."
                for run in runs
                if run.failed
            ]
        if failed:
            raise CommandError("\n".join(failed))

    def _run(self, number: int) -> HarvestRun:
        run = HarvestRun.objects.select_related("source").filter(pk=number).first()
        if run is None:
            raise CommandError(f"There is no harvest run {number}. The admin lists them.")
        return run

    def _retry(self, run: HarvestRun) -> None:
        try:
            count = retry(run)
        except WrongState as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Run {run.pk}: {count} URLs and pictures are tried again.")

    # -- watching ------------------------------------------------------------------------------

    def _watch(self, runs: list[HarvestRun]) -> None:
        """Show a bar for each run until it has ended and its pictures have been looked at."""
        for run in runs:
            with tqdm(desc=str(run.source)[:40], unit="step") as bar:
                while True:
                    progress = progress_of(run)
                    bar.total, bar.n = progress.total, progress.done
                    bar.set_postfix_str(_said(progress))
                    if not progress.moving or run.state == HarvestRun.State.PAUSED:
                        break
                    time.sleep(WATCH_SECONDS)
            self._report(run)

    def _report(self, run: HarvestRun) -> None:
        counts = ", ".join(
            f"{getattr(run, name)} {name}"
            for name in ("created", "updated", "unchanged", "skipped", "failed")
            if getattr(run, name)
        )
        state = "" if run.state == HarvestRun.State.DONE else f" ({run.get_state_display()})"
        self.stdout.write(
            f"{run.source}{state}: {counts or 'nothing found'}; {run.canvases} canvases."
        )
        if run.message and not run.items.filter(reason=run.message).exists():
            self.stdout.write(f"  {run.message}")
        for group in failures_of(run):
            many = f"{group.count} times, such as " if group.count > 1 else ""
            self.stdout.write(f"  {group.what} failed: {many}{group.example}")
        for item in run.items.filter(outcome="skipped").exclude(reason="")[:20]:
            self.stdout.write(f"  skipped: {item.reason} ({item.url})")
        odd: Counter[str] = Counter()
        example: dict[str, str] = {}
        found = run.items.exclude(warnings=[]).values_list("url", "warnings")
        for url, warnings in found.iterator():
            for warning in warnings:
                odd[warning["code"]] += 1
                text = f"{warning['message']} ({url} {warning['path']})"
                example.setdefault(warning["code"], text.rstrip())
        for code, count in odd.most_common():
            often = "" if count == 1 else f"{count} times, first: "
            self.stdout.write(f"  {code}: {often}{example[code]}")


def _said(progress: Progress) -> str:
    parts = [f"{progress.dealt_with}/{progress.found} URLs"]
    if progress.wanted:
        parts.append(f"{progress.fetched}/{progress.wanted} pictures fetched")
        parts.append(f"{progress.extracted} looked at")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.seconds_left:
        parts.append(f"{progress.seconds_left / 60:.0f} min left")
    return ", ".join(parts)
