"""Activities become visible in the order of their ids and moments, whoever writes them."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from catalog import activities
from catalog.models import Activity

CREATE, MANIFEST = Activity.Type.CREATE, Activity.Kind.MANIFEST


def in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db
def test_one_row_a_key_in_their_order(django_assert_num_queries: Any) -> None:
    before = timezone.now()
    with django_assert_num_queries(2):
        activities.record(CREATE, MANIFEST, "b" * 16, "a" * 16)
    rows = list(Activity.objects.values_list("type", "kind", "key"))
    assert rows == [("Create", "manifest", "b" * 16), ("Create", "manifest", "a" * 16)]
    first, second = Activity.objects.values_list("at", flat=True)
    assert first == second
    assert first.microsecond % 1000 == 0
    assert abs((first - before).total_seconds()) < 5


@pytest.mark.django_db
def test_nothing_costs_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        activities.record(CREATE, MANIFEST)


@pytest.mark.django_db
def test_later_calls_have_later_moments_even_when_the_clock_goes_back() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    Activity.objects.create(type=CREATE, kind=MANIFEST, key="x", at=tomorrow)
    activities.record(CREATE, MANIFEST, "y")
    activities.record(CREATE, MANIFEST, "z")
    moments = list(Activity.objects.values_list("at", flat=True))
    assert moments == sorted(set(moments))


@pytest.mark.django_db(transaction=True)
def test_it_belongs_to_a_transaction() -> None:
    with pytest.raises(TransactionManagementError, match="last statement"):
        activities.record(CREATE, MANIFEST, "x")
    with pytest.raises(RuntimeError), transaction.atomic():
        activities.record(CREATE, MANIFEST, "x")
        raise RuntimeError
    assert not Activity.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_for_the_first_to_commit() -> None:
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            activities.record(CREATE, MANIFEST, "slow")
            written.set()
            go.wait(10)

    def quick() -> None:
        written.wait(10)
        with transaction.atomic():
            activities.record(CREATE, MANIFEST, "quick")

    threads = [in_thread(slow), in_thread(quick)]
    written.wait(10)
    time.sleep(0.2)
    assert not Activity.objects.exists(), "the quick one must not be seen before the slow one"
    go.set()
    for thread in threads:
        thread.join(10)
    assert list(Activity.objects.order_by("id").values_list("key", flat=True)) == ["slow", "quick"]
    first, second = Activity.objects.order_by("id").values_list("at", flat=True)
    assert first < second


@pytest.mark.django_db(transaction=True)
def test_a_consumer_that_reads_up_to_a_moment_never_misses_one() -> None:
    writers, each = 4, 25
    done = threading.Event()
    missed: list[int] = []

    def write() -> None:
        for number in range(each):
            with transaction.atomic():
                activities.record(CREATE, MANIFEST, f"{number}")

    def consume() -> None:
        seen: set[int] = set()
        newest = None
        while True:
            last_round = done.is_set()
            rows = list(Activity.objects.values_list("id", "at"))
            for pk, at in rows:  # what is not later than the last reading has been read then
                if newest is not None and at <= newest and pk not in seen:
                    missed.append(pk)
            seen |= {pk for pk, _ in rows}
            newest = max((at for _, at in rows), default=None)
            if last_round:
                return

    reader = in_thread(consume)
    threads = [in_thread(write) for _ in range(writers)]
    for thread in threads:
        thread.join(30)
    done.set()
    reader.join(30)
    assert missed == []
    rows = list(Activity.objects.order_by("id").values_list("at", flat=True))
    assert len(rows) == writers * each
    assert rows == sorted(set(rows))
