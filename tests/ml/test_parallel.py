"""Things made side by side."""

import threading
import time

import pytest

from ml import parallel


def test_order_is_kept():
    def late(item):
        time.sleep(0.002 * (5 - item))
        return item * 2

    assert parallel.each(late, range(5), threads=3) == [0, 2, 4, 6, 8]


def test_as_many_threads_as_asked_for():
    together = threading.Barrier(2, timeout=5)

    def make(item):
        together.wait()  # breaks where there is one thread only
        return threading.get_ident()

    assert len(set(parallel.each(make, range(2), threads=2))) == 2


@pytest.mark.parametrize(("items", "threads"), [([], 4), ([1], 4), ([1, 2, 3], 1)])
def test_no_threads_where_they_would_not_help(items, threads):
    found = parallel.each(lambda item: (item, threading.get_ident()), items, threads)
    assert found == [(item, threading.get_ident()) for item in items]


def test_the_first_failure_is_told():
    def fail(item):
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        parallel.each(fail, range(4), threads=2)
