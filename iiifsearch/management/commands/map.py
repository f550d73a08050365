"""``manage.py map``: make the map of the library."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from iiifsearch.index.map import CannotMap, make_map


class Command(BaseCommand):
    help = "Make the map of the library, where something changed since it was made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--always", action="store_true", help="also where nothing changed")

    def handle(self, *args: Any, always: bool, **options: Any) -> None:
        try:
            made = make_map(lambda text: self.stdout.write(f"{text} …"), always=always)
        except CannotMap as error:
            raise CommandError(str(error)) from error
        if not made.anew:
            self.stdout.write(
                f"Nothing changed: the map of {made.placed} paintings stays (--always lays it out "
                f"all the same). Sheets of thumbnails drawn anew: {made.sheets}."
            )
            return
        sample = "" if made.placed == made.of else f", drawn by chance from {made.of}"
        self.stdout.write(
            f"{made.placed} paintings{sample} are on the map, made in {made.seconds:.0f} s. "
            f"Sheets of thumbnails: {made.sheets}."
        )
