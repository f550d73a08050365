"""``manage.py worker``: does the queued jobs, until it is told to stop."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Harvest and index what is queued. Run as many as you like, on any machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues", default="harvest,index", help="separated by commas; all of them by default"
        )
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time")

    def handle(self, *args: Any, queues: str, concurrency: int, **options: Any) -> None:
        # What came of a job stands on its run; the rows of those that went well would only pile up.
        call_command(
            *("procrastinate", "worker", "--queues", queues),
            *("--concurrency", str(concurrency), "--delete-jobs", "successful"),
        )
