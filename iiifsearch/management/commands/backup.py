"""``manage.py backup FILE``: the library in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from iiifsearch.backup.save import save


class Command(BaseCommand):
    help = "Write the library to one file, which manage.py restore reads. It may be in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, metavar="FILE|FOLDER")
        parser.add_argument(
            "--without-derived",
            action="store_true",
            help="leave out what manage.py index makes again; decisions stay",
        )
        parser.add_argument("--pictures", action="store_true", help="with the kept pictures")

    def handle(
        self, *args: Any, target: Path, without_derived: bool, pictures: bool, **options: Any
    ) -> None:
        told = self.stdout.write if options["verbosity"] > 1 else lambda line: None
        try:
            saved = save(target, derived=not without_derived, pictures=pictures, told=told)
        except (OSError, DatabaseError) as error:
            raise CommandError(f"No backup was made: {str(error).strip()}") from error
        size = saved.path.stat().st_size
        self.stdout.write(f"{saved.path}: {saved.rows:,} rows, {size:,} bytes.")
        if pictures:
            missing = f"; {saved.missing:,} files are missing" if saved.missing else ""
            self.stdout.write(f"{saved.pictures:,} pictures{missing}.")
