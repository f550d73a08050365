"""``manage.py worker``: does the queued jobs, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from procrastinate.contrib.django import app
from prometheus_client import start_http_server

from catalog.tasks import UPKEEP
from iiifsearch import jobs
from iiifsearch.arenas import few_arenas
from iiifsearch.conf import options

QUEUES = ("harvest", "fetch", "extract", "index")
#: These use all processors: more of them at a time would only take memory.
COMPUTING = ("extract", "index")
MOST_COMPUTING = 2
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
        parser.add_argument(
            "--concurrency", type=int, default=6, help="jobs of each queue at a time"
        )

    def handle(self, *args: Any, queues: str, concurrency: int, **options: Any) -> None:
        wanted = [name.strip() for name in queues.split(",") if name.strip()]
        unknown = sorted(set(wanted) - set(QUEUES))
        if unknown or not wanted or concurrency < 1:
            raise CommandError(
                f"--queues takes {', '.join(QUEUES)}, and --concurrency 1 or more: "
                f"{', '.join(unknown) or queues!r}, {concurrency}"
            )
        places = dict.fromkeys(wanted, concurrency)
        for name in set(wanted) & set(COMPUTING):
            places[name] = min(concurrency, MOST_COMPUTING)
        few_arenas()
        _tell_metrics()
        asyncio.run(_work({**places, UPKEEP: 1}))


def _tell_metrics() -> None:
    """Serve the metrics of this process, where that is asked for."""
    port, address = options.worker_metrics_port, options.worker_metrics_address
    if not port:
        return
    try:
        start_http_server(port, address)
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Metrics cannot be served at {address}:{port} ({error}): each worker of a machine "
            "needs an IIIFSEARCH_WORKER_METRICS_PORT of its own."
        ) from error


async def _work(places: dict[str, int]) -> None:
    """A worker for each queue, with places of its own: jobs that wait for slow hosts do not keep
    those of the other queues from theirs."""
    loop = asyncio.get_running_loop()
    # asyncio's own pool has about as few threads as the machine has cores.
    loop.set_default_executor(ThreadPoolExecutor(sum(places.values()) + 2))
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            workers = [
                asyncio.create_task(_of_queue(name, count)) for name, count in places.items()
            ]
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, _stop, workers)
            # Where one ends, for it has lost its database, all do: the process is started again.
            done, others = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            _stop([*others])
            await asyncio.gather(*others, return_exceptions=True)
            for worker in done:
                if not worker.cancelled():
                    worker.result()


def _stop(workers: list[asyncio.Task[None]]) -> None:
    """A job that runs is finished first."""
    for worker in workers:
        worker.cancel()


async def _of_queue(name: str, places: int) -> None:
    # What came of a job stands on its run; rows of those that went well would pile up.
    await app.run_worker_async(
        queues=[name],
        name=name,
        concurrency=places,
        delete_jobs="successful",
        stalled_worker_timeout=STALLED_SECONDS,
        install_signal_handlers=False,
        worker_middleware=[jobs.watched],
    )
