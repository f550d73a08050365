"""``manage.py encoders``: export the live encoders, so that nothing that serves loads torch."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from iiifsearch.conf import options as search_options
from ml import registry, runtime


class Command(BaseCommand):
    help = "Export the encoders that are live (once; some seconds each)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        cache = search_options.encoder_cache
        names = (*search_options.image_encoders, search_options.text_encoder)
        missing = [name for name in names if not runtime.ready(name, cache)]
        if missing:
            # A process of its own: torch takes ten seconds and half a gigabyte, and then goes.
            command = [sys.executable, "-m", "ml.encoders.export", "--cache-dir", str(cache)]
            done = subprocess.run([*command, *missing], check=False)
            if done.returncode:
                raise CommandError("The export failed; what it said stands above.")
        for name in names:
            self.stdout.write(f"{registry.get(name).key}: ready")
