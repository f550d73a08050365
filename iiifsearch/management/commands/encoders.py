"""``manage.py encoders``: export the live encoders, so that nothing that serves loads torch."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from iiifsearch import encoders
from iiifsearch.conf import options as search_options
from ml import registry, runtime
from ml.errors import UnknownEncoder


class Command(BaseCommand):
    help = "Export the encoders that are live, or those named (once; some seconds each)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="encoders; the live ones")

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        cache = search_options.encoder_cache
        live = encoders.live_names()
        try:
            keys = {name: registry.resolve(name).key for name in names or live}
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
