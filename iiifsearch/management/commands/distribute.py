"""``manage.py distribute``: lay the library out over the nodes of a Citus cluster."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from iiifsearch.cluster import distribute, state, steps


class Command(BaseCommand):
    help = (
        "Lay the library out over the nodes of a Citus cluster, with all that is in it: "
        "docs/scaling.md. Does what is missing; can be run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--shards",
            type=int,
            default=steps.SHARDS,
            metavar="N",
            help=f"into how many parts tables are cut ({steps.SHARDS}); fixed from then on",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would be done; needs no cluster"
        )

    def handle(self, *args: Any, shards: int, dry_run: bool, **options: Any) -> None:
        if not 1 <= shards <= 1024:
            raise CommandError("--shards must be between 1 and 1024.")
        try:
            wanted = (
                steps.all_steps(state.read(), shards) if dry_run else distribute.distribute(shards)
            )
            for step in wanted:
                self._tell(step)
        except distribute.CannotDistribute as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The last statement failed: {error}\nWhat stands above it is done. When it is "
                "mended, run the same command again: it goes on from there."
            ) from error
        if dry_run:
            return
        self.stdout.write(
            "The library is distributed. Next: manage.py index (builds the HNSW indexes on the "
            "nodes), manage.py doctor; then start web servers and workers."
        )

    def _tell(self, step: steps.Step) -> None:
        self.stdout.write(f"{step.sql};  -- {step.why}")
