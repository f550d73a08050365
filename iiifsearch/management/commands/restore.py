"""``manage.py restore FILE``: what ``manage.py backup`` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.kept import StorageError
from iiifsearch.backup.archive import BadBackup
from iiifsearch.backup.load import HoldsData, load


class Command(BaseCommand):
    help = "Restore a backup into an empty, migrated database. Stop web and worker processes first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--over", action="store_true", help="replace all that is in the database"
        )

    def handle(self, *args: Any, file: Path, over: bool, **options: Any) -> None:
        told = self.stdout.write if options["verbosity"] > 1 else lambda line: None
        try:
            loaded = load(file, over=over, told=told)
        except BadBackup as error:
            raise CommandError(f"{file} was not restored. {error} Nothing was changed.") from error
        except StorageError as error:
            raise CommandError(
                f"All rows were restored, and not all pictures: {error} Restore again with --over."
            ) from error
        except (HoldsData, OSError) as error:
            raise CommandError(str(error)) from error
        made = loaded.manifest.made
        self.stdout.write(f"{loaded.rows:,} rows restored, as they were at {made}.")
        if loaded.manifest.pictures is not None:
            self.stdout.write(f"{loaded.pictures:,} pictures restored.")
        if not loaded.manifest.derived:
            self.stdout.write("What is derived is not in it: manage.py index makes it now.")
