"""Turns across connections."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, transaction

from catalog import locks
from catalog.locks import _BRINGING, alone, hold, take_turns
from catalog.models import Canvas

FAMILY = 0x69696999


def elsewhere(member: int = 0) -> bool:
    """Whether somebody with another connection may."""
    found = []

    def ask() -> None:
        with alone(FAMILY, member) as mine:
            found.append(mine)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db
def test_one_at_a_time() -> None:
    with alone(FAMILY, 2**31 + 7) as mine:
        assert mine
        assert not elsewhere(2**31 + 7)
        assert elsewhere(8)
    assert elsewhere(7)


@pytest.mark.django_db
def test_it_goes_with_a_failure() -> None:
    with pytest.raises(KeyError), alone(FAMILY):
        raise KeyError
    assert elsewhere()


@pytest.mark.django_db(transaction=True)
def test_it_goes_with_its_connection() -> None:
    with alone(FAMILY) as mine:
        assert mine
        connection.close()
        assert elsewhere()


# -- canvases ------------------------------------------------------------------------------------


def _refused(statement: str, params: list[object]) -> bool:
    """Whether another connection would have to wait for it."""
    found = []

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
            try:
                cursor.execute(statement, params)
                found.append(False)
            except OperationalError:
                found.append(True)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spread", [False, True])
def test_canvases_are_held_until_the_end(spread: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one machine, and in the way of a cluster, which takes them one by one."""
    monkeypatch.setattr(locks, "distributed", lambda: spread)
    rows = [Canvas.objects.create(key=f"k{n}", uri=f"u{n}", raw_id="") for n in range(3)]
    update = "UPDATE catalog_canvas SET title = 'x' WHERE id = %s"
    with transaction.atomic():
        hold([])
        hold([rows[1].pk, rows[0].pk])
        assert _refused(update, [rows[0].pk]) and _refused(update, [rows[1].pk])
        assert not _refused(update, [rows[2].pk])
    assert not _refused(update, [rows[0].pk])


@pytest.mark.django_db(transaction=True)
def test_who_brings_the_same_canvas_waits() -> None:
    with transaction.atomic():
        take_turns(["https://museum.example/canvas/1", "https://museum.example/canvas/2"])
        asked = "SELECT pg_advisory_xact_lock(%s, %s)"
        taken = [turn for turn in range(1024) if _held(turn)]
        assert 1 <= len(taken) <= 2
        assert all(_refused(asked, [_BRINGING, turn]) for turn in taken)
    assert not any(_refused(asked, [_BRINGING, turn]) for turn in taken)


def _held(turn: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' "
            "AND classid = %s AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()))",
            [_BRINGING, turn],
        )
        return bool(cursor.fetchone()[0])
