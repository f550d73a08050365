"""``manage.py postgres start|stop|status``: the embedded Postgres."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from iiifsearch.embedded_postgres import EmbeddedPostgresError


class Command(BaseCommand):
    help = "Start or stop the embedded Postgres, or tell whether it runs."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("start", "stop", "status"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        server = getattr(settings, "EMBEDDED_POSTGRES", None)
        if server is None:
            raise CommandError("These settings do not use the embedded Postgres.")
        try:
            if action == "start":
                server.start()
            elif action == "stop":
                server.stop()
        except EmbeddedPostgresError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{'running' if server.running() else 'stopped'}: {server.url()}")
