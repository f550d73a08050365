"""``manage.py worker``: does the queued jobs, until it is told to stop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from procrastinate.contrib.django import app

QUEUES = ("harvest", "fetch", "extract", "index")
#: A job in a killed worker's hands is given to another one after so many seconds.
STALLED_SECONDS = 30.0


class Command(BaseCommand):
    help = "Harvest, fetch, extract and index what is queued. Run as many as you like, anywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues",
            default=",".join(QUEUES),
            help=f"separated by commas, of {', '.join(QUEUES)}; all of them by default",
        )
        parser.add_argument("--concurrency", type=int, default=6, help="jobs at a time")

    def handle(self, *args: Any, queues: str, concurrency: int, **options: Any) -> None:
        wanted = [name.strip() for name in queues.split(",") if name.strip()]
        unknown = sorted(set(wanted) - set(QUEUES))
        if unknown or not wanted or concurrency < 1:
            raise CommandError(
                f"--queues takes {', '.join(QUEUES)}, and --concurrency 1 or more: "
                f"{', '.join(unknown) or queues!r}, {concurrency}"
            )
        asyncio.run(_work(wanted, concurrency))


async def _work(queues: list[str], concurrency: int) -> None:
    # asyncio's own pool has as few threads as the machine has cores, whatever waits for hosts.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency + 2))
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            # What came of a job stands on its run; rows of those that went well would pile up.
            await app.run_worker_async(
                queues=queues,
                concurrency=concurrency,
                delete_jobs="successful",
                stalled_worker_timeout=STALLED_SECONDS,
            )
