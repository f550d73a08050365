"""``manage.py duplicates``: find pairs that show the same picture, with a progress bar."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from catalog.models import Canvas
from iiifsearch.index.duplicates import find_duplicates, groups, pairs_among, to_look_at

#: Pairs of a group that are printed: the surest.
PAIRS_PRINTED = 50


class Command(BaseCommand):
    help = "Find canvases that show the same picture, and print them in groups."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--groups", type=int, default=20, help="groups to print; 20 by default")

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(total=to_look_at(), unit="canvas", desc="Comparing") as bar:
            done = find_duplicates(progress=bar.update)
        self.stdout.write(
            f"{done.done} compared, {done.skipped} have nothing to see, {done.failed} failed."
        )
        left = to_look_at()
        if left:
            self.stdout.write(f"{left} are left: a worker compares them at this moment.")
        found = groups()
        more = " Later pairs are not in them." if found.capped else ""
        self.stdout.write(f"{len(found.groups)} groups.{more}")
        for group in found.groups[: max(0, options["groups"])]:
            self._print(group)

    def _print(self, group: tuple[int, ...]) -> None:
        canvases = Canvas.objects.only("title", "raw_id").in_bulk(group)
        self.stdout.write(f"\n{len(group)} canvases")
        for pk, canvas in canvases.items():
            self.stdout.write(f"  {pk}: {canvas.title or '(no title)'}, {canvas.raw_id}")
        for pair in pairs_among(group, PAIRS_PRINTED):
            mirrored = ", mirrored" if pair.mirrored else ""
            measured = "by a curator"
            if pair.probability is not None:
                measured = f"probability {pair.probability:.3f}, {pair.inliers} places agree"
            self.stdout.write(f"  {pair.first_id} = {pair.second_id}: {measured}{mirrored}")
