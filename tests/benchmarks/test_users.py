"""The process that asks, over real HTTP."""

from __future__ import annotations

import base64
import threading
import time
from urllib.parse import urlsplit

import pytest

from benchmarks.users import Question, Users
from tests.servers import Answer, Museum, museum

HIT = {"hits": [{"content_state": "a"}, {"content_state": "b"}]}


def asking(server: Museum) -> Users:
    port = urlsplit(server.base).port
    assert port is not None
    return Users(port)


def test_each_question_is_asked_once_by_a_visitor_of_its_own() -> None:
    with museum() as server:
        for n in range(6):
            server.set(f"/{n}", HIT)
        with asking(server) as users:
            asked = users.ask([Question(f"/{n}") for n in range(6)], 2)
        assert sorted(path for path, _ in server.log) == [f"/{n}" for n in range(6)]
        assert len({headers["X-Forwarded-For"] for _, headers in server.log}) == 6
    assert (len(asked.seconds), asked.errors, asked.hits) == (6, [], 12)


def test_users_ask_side_by_side_and_no_more_of_them() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def slowly() -> Answer:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.05)
        with lock:
            inside -= 1
        return Answer(HIT)

    with museum() as server:
        server.answers["/"] = slowly
        with asking(server) as users:
            asked = users.ask([Question("/")] * 12, 3)
    assert most == 3
    assert min(asked.seconds) >= 0.05 and asked.took < sum(asked.seconds)


@pytest.mark.parametrize("status", [404, 429, 500])
def test_what_is_no_answer_is_told(status: int) -> None:
    with museum() as server:
        server.set("/", {"detail": "Slow down."}, status=status)
        with asking(server) as users:
            asked = users.ask([Question("/")], 1)
    assert len(asked.errors) == 1 and asked.errors[0].startswith(f"{status}: ")
    assert "Slow down." in asked.errors[0] and asked.hits == 0


def test_a_server_that_is_gone_is_told() -> None:
    with museum() as server:
        gone = asking(server)
    with gone as users:
        asked = users.ask([Question("/"), Question("/")], 1)
    assert len(asked.errors) == 2 and "ConnectionRefused" in asked.errors[0]


def test_a_picture_is_sent() -> None:
    body = base64.b64encode(b"a picture").decode()
    with museum() as server, asking(server) as users:
        asked = users.ask([Question("/", "image/jpeg", body)], 1)
    assert asked.errors[0].startswith("501")  # the museum takes no POST: that is what it got
