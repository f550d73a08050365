"""``manage.py encoders``: export the live encoders, so that nothing that serves loads torch; or
build an index anew, let another version answer, or drop what an encoder left that is not live."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from catalog import journal
from iiifsearch import answering, encoders, tasks
from iiifsearch.conf import options as search_options
from iiifsearch.index import manage, takeover
from iiifsearch.index.watching import watching
from iiifsearch.models import Seen
from ml import registry, runtime
from ml.errors import UnknownEncoder


class Command(BaseCommand):
    help = "Export the encoders that are live, or those named (once; some seconds each)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="encoders; the live ones")
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--build", metavar="KEY", help="build the HNSW index of one anew, now")
        one.add_argument(
            "--drop", metavar="KEY", help="delete vectors and index of one that is not live"
        )
        one.add_argument(
            "--use",
            metavar="KEY",
            help="let this version of a live encoder answer, as soon as it covers all",
        )
        parser.add_argument(
            "--incomplete",
            action="store_true",
            help="with --use: now, even if it finds fewer canvases than the one that answers",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--by", default="", metavar="NAME", help="who does it, for the journal")

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        if options["build"] or options["drop"] or options["use"]:
            return self._look_after(options)
        self._export(names)

    def _look_after(self, options: dict[str, Any]) -> None:
        try:
            author = journal.person_called(options["by"])
            if options["build"]:
                said = self._build(options["build"])
            elif options["use"]:
                said = takeover.use(options["use"], incomplete=options["incomplete"])
                tasks.look_for_work()
            else:
                said = self._drop(options["drop"], options["yes"])
        except (
            journal.NoSuchPerson,
            manage.NotKnown,
            manage.StillLive,
            takeover.CannotUse,
        ) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database does not answer as it should: {error}\nIf tables are missing: "
                "manage.py migrate. Else manage.py doctor says more."
            ) from error
        key = options["build"] or options["drop"] or options["use"]
        journal.note_named(author, Seen, key, said)
        self.stdout.write(said)

    def _build(self, key: str) -> str:
        with (
            tqdm(bar_format="{desc} {elapsed}", desc=f"Building {key}", leave=False) as bar,
            watching(lambda builds: bar.set_description_str(manage.in_words(builds) or key)),
        ):
            built = manage.rebuild(key)
        if not built:
            raise CommandError("Another index is being built now. Try again when that is done.")
        return f"The index of {key} is built."

    def _drop(self, key: str, yes: bool) -> str:
        gone = manage.removal(key)
        told = f"{gone.vectors:,} vectors of {key}, and {len(gone.indexes)} index"
        if not yes:
            self.stdout.write(f"To be deleted: {told}.")
            try:
                answer = input("Delete? [y/N] ")
            except EOFError as error:
                raise CommandError(
                    "Nobody is there to ask: say --yes. Nothing was changed."
                ) from error
            if answer.strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was changed.")
        manage.drop(key)
        return f"Deleted: {told}."

    def _live(self) -> list[str]:
        try:
            return [spec.key for one in answering.live() for spec in one.specs]
        except DatabaseError:
            # An image of a container is made without one, and a new library has no tables yet.
            self.stderr.write(
                "No database says which versions answer yet; the latest ones are looked at."
            )
            return list(encoders.live_names())

    def _export(self, names: list[str]) -> None:
        cache = search_options.encoder_cache
        try:
            keys = {name: registry.resolve(name).key for name in names or self._live()}
        except UnknownEncoder as error:
            raise CommandError(str(error)) from error
        missing = [name for name in keys if not runtime.ready(name, cache)]
        if missing:
            # A process of its own: torch takes ten seconds and half a gigabyte, and then goes.
            command = [sys.executable, "-m", "ml.encoders.export", "--cache-dir", str(cache)]
            subprocess.run([*command, *missing], check=False)
        still = [name for name in missing if not runtime.ready(name, cache)]
        for name, key in keys.items():
            if name not in still:
                self.stdout.write(f"{key}: ready")
        if still:
            raise CommandError(f"Not ready: {', '.join(still)}. What went wrong stands above.")
