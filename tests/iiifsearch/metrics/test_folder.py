from __future__ import annotations

from pathlib import Path

from iiifsearch.metrics import folder


def test_each_web_server_has_its_own_until_it_is_gone(tmp_path: Path) -> None:
    first, second = tmp_path / "metrics" / "a-1", tmp_path / "metrics" / "b-1"
    mine = folder.begin(first)
    (first / "counter_7.db").write_bytes(b"measured")
    with folder.begin(second):
        assert (first / "counter_7.db").exists()
    mine.close()
    with folder.begin(second):
        assert not first.exists()
        assert [path.name for path in second.iterdir()] == ["lock"]


def test_one_that_begins_again_by_the_same_name_has_measured_nothing(tmp_path: Path) -> None:
    where = folder.own(tmp_path)
    folder.begin(where).close()
    (where / "counter_7.db").write_bytes(b"measured")
    with folder.begin(where):
        assert [path.name for path in where.iterdir()] == ["lock"]
