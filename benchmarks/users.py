"""Many users at a time, each of whom waits for the answer before asking again: a process of its
own, so that asking and answering share no interpreter.

Reads a job as a line of JSON, does it, and writes what came of it as a line, until there are no
more; `Users` starts it and hands it jobs. Connections are kept open, as browsers keep them. Every
question comes from a visitor of its own, by X-Forwarded-For, so that the limits of one visitor
stay as they are in a deployment.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from benchmarks.figures import ROOT

SECONDS = 120


@dataclass(frozen=True)
class Question:
    """A request. ``body``: base64 of what is sent; "" for a GET."""

    path: str
    content_type: str = ""
    body: str = ""


@dataclass(frozen=True)
class Asked:
    """``seconds``: of each answer, in no order. ``took``: from the first question to the last
    answer. ``errors``: what was no 200, in words. ``hits``: of all answers together."""

    seconds: list[float]
    took: float
    errors: list[str]
    hits: int


class Users:
    """The process, for as long as the context lasts."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.users", str(self._port)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(SECONDS)

    def ask(self, questions: Sequence[Question], users: int) -> Asked:
        """All ``questions``, shared out among ``users`` as they come."""
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"questions": [asdict(one) for one in questions], "users": users}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The process that asks has ended; what it says stands above.")
        return Asked(**json.loads(line))


# -- in that process -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """``error``: why there is none, or none with hits; "" where all is well."""

    error: str
    data: bytes = b""
    packed: bool = False

    def hits(self) -> int:
        return (gzip.decompress(self.data) if self.packed else self.data).count(b'"content_state"')


class _Crowd:
    """Users with a connection each, that take questions from one list."""

    def __init__(self, port: int) -> None:
        self._port, self._visitors = port, itertools.count(1)
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def ask(self, questions: list[dict[str, str]], users: int) -> Asked:
        left, answers = iter(questions), list[tuple[float, _Answer]]()
        turn, begin = threading.Lock(), threading.Barrier(users + 1)

        def user(number: int) -> None:
            begin.wait()
            while True:
                with turn:
                    question, visitor = next(left, None), next(self._visitors)
                if question is None:
                    return
                start = time.perf_counter()
                answer = self._answer(number, question, visitor)
                answers.append((time.perf_counter() - start, answer))

        threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
        for thread in threads:
            thread.start()
        begin.wait()
        start = time.perf_counter()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        errors = [answer.error for _, answer in answers if answer.error]
        hits = sum(answer.hits() for _, answer in answers if not answer.error)
        return Asked([seconds for seconds, _ in answers], took, errors, hits)

    def _answer(self, number: int, question: dict[str, str], visitor: int) -> _Answer:
        address = f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}"
        headers = {"X-Forwarded-For": address, "Accept-Encoding": "gzip"}
        if question["content_type"]:
            headers["Content-Type"] = question["content_type"]
        body = base64.b64decode(question["body"])
        while True:
            fresh = number not in self._connections
            if fresh:
                made = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
                self._connections[number] = made
            connection = self._connections[number]
            try:
                method = "POST" if body else "GET"
                connection.request(method, question["path"], body or None, headers)
                response = connection.getresponse()
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                del self._connections[number]
                if fresh:
                    return _Answer(f"{type(error).__name__}: {error}")
                # A server closes a connection that was silent for seconds. As a browser does
                # then, we ask again, over a new one.
                continue
            if response.status != 200:
                return _Answer(f"{response.status}: {data[:200]!r}")
            return _Answer("", data, response.headers.get("Content-Encoding") == "gzip")


def main() -> None:
    crowd = _Crowd(int(sys.argv[1]))
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(asdict(crowd.ask(job["questions"], job["users"]))), flush=True)


if __name__ == "__main__":
    main()
