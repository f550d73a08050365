"""``manage.py demo``: from a fresh clone to a library that can be searched, in one command."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from tqdm import tqdm

from catalog.harvest.run import BadSource, request
from catalog.models import HarvestRun, Source
from fixtures import build
from fixtures.works import EXAMPLES
from iiifsearch.conf import options as search_options
from iiifsearch.embedded_postgres import EmbeddedPostgresError
from iiifsearch.index import ann
from iiifsearch.index.find_work import counts
from iiifsearch.index.map import CannotMap, make_map
from iiifsearch.supervisor import ProcessEnded, Supervisor

ADMIN = "admin"


class Command(BaseCommand):
    help = "Serve the bundled collection, harvest it, index it, and leave a server running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--manifest", action="append", default=[], help="harvest this as well")
        parser.add_argument("--iiif-port", type=int, default=8183)
        parser.add_argument(
            "--once", action="store_true", help="stop when all is ready (for scripts and tests)"
        )

    requires_system_checks = ()  # they would ask a database that is not yet there

    def handle(
        self, *args: Any, manifest: list[str], iiif_port: int, once: bool, **options: Any
    ) -> None:
        # SIGINT too: a shell may have started us with it ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        server = settings.EMBEDDED_POSTGRES
        started = server.start() if server is not None else False
        try:
            self._prepare(f"http://127.0.0.1:{iiif_port}")
            self._run(manifest, iiif_port, once)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
        except (ProcessEnded, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from error
        finally:
            connection.close()
            if started and server is not None:
                server.stop()

    def _prepare(self, iiif: str) -> None:
        """What is made once: encoders, tables, static files, the collection."""
        call_command("migrate", verbosity=0)
        call_command("encoders")
        call_command("collectstatic", verbosity=0, interactive=False)
        build.build(settings.VAR / "collection", iiif)

    def _run(self, manifest: list[str], iiif_port: int, once: bool) -> None:
        port = urlsplit(search_options.public_url).port or 80
        root = settings.VAR / "collection"
        pictures = _python("-m", "fixtures.serve", "--root", root, "--port", iiif_port)
        with Supervisor() as processes:
            processes.start("pictures", *pictures, wait_for=iiif_port)
            processes.start("worker", *_python("manage.py", "worker"))
            urls = build.collection_urls(f"http://127.0.0.1:{iiif_port}")
            self._harvest([*urls, *manifest])
            self._watch(processes)
            self._map()
            processes.start("web", *_gunicorn(port), wait_for=port)
            self._announce()
            while not once:
                processes.watch()
                time.sleep(1)

    def _harvest(self, urls: Iterable[str]) -> None:
        """Queue what has not been harvested yet; a second start harvests nothing twice."""
        for url in urls:
            done = Source.objects.filter(url=url, runs__state=HarvestRun.State.DONE).exists()
            waiting = (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING)
            if done or HarvestRun.objects.filter(source__url=url, state__in=waiting).exists():
                continue
            try:
                request(url)
            except BadSource as error:
                raise CommandError(str(error)) from error

    def _watch(self, processes: Supervisor) -> None:
        """Show how harvest and index go, until nothing is left to do."""
        with tqdm(desc="Harvesting", unit="manifest") as bar:
            while (runs := _running()) or not bar.n:
                bar.total = None
                bar.n = sum(run.found for run in HarvestRun.objects.all())
                bar.refresh()
                if not runs:
                    break
                processes.watch()
                time.sleep(0.3)
        for run in HarvestRun.objects.select_related("source").exclude(message=""):
            where = "" if run.source.url in run.message else f"{run.source.url}: "
            self.stdout.write(f"  {where}{run.message}")
        with tqdm(desc="Looking at pictures and reading texts", total=1) as bar:
            while True:
                state = counts()
                bar.total = sum(count.canvases for count in state)
                bar.n = sum(count.canvases - count.pending for count in state)
                bar.refresh()
                if not any(count.pending for count in state):
                    break
                processes.watch()
                time.sleep(0.3)
        failed = {count.feature: count.failed for count in counts() if count.failed}
        if failed:
            self.stdout.write(f"  Not everything could be had: {failed}. The admin says why.")
        while ann.missing():  # the worker builds them when all is extracted
            processes.watch()
            time.sleep(0.3)
        connection.close()

    def _map(self) -> None:
        """The map, where something changed since the last start; the demo does without, too."""
        self.stdout.write("Making the map")
        try:
            make_map()
        except CannotMap as error:
            self.stdout.write(f"  {error}")
        connection.close()

    def _announce(self) -> None:
        base = search_options.public_url
        password = _admin_password(settings.VAR / "admin-password")
        self.stdout.write(self.style.SUCCESS(f"\nReady: {base}/\n"))
        self.stdout.write("Three searches to begin with:")
        for example in EXAMPLES[:3]:
            self.stdout.write(f"  {example.query}\n    {base}/?q={quote(example.query)}")
        self.stdout.write(f"\nMap: {base}/map/")
        self.stdout.write(f"IIIF: {base}/iiif/collection/top")
        self.stdout.write(f"Admin: {base}/admin/  user {ADMIN}, password {password}")
        self.stdout.write("Ctrl-C stops everything; the library stays.\n")
        self.stdout.flush()


def _running() -> list[HarvestRun]:
    waiting = (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING)
    return list(HarvestRun.objects.filter(state__in=waiting))


def _admin_password(path: Path) -> str:
    """Make the administrator on the first run, with a random password that only we may read."""
    users = get_user_model()._default_manager
    if not users.filter(username=ADMIN).exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12))
        users.create_superuser(username=ADMIN, password=path.read_text())
    return path.read_text() if path.exists() else "as you set it"


def _python(*arguments: object) -> list[str]:
    return [sys.executable, *map(str, arguments)]


def _gunicorn(port: int) -> list[str]:
    return _python("-m", "gunicorn", "iiifsearch.wsgi", "--bind", f"127.0.0.1:{port}")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
