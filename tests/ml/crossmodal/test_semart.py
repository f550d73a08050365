"""The table as it is distributed, and as it breaks."""

from __future__ import annotations

import pytest

from ml.crossmodal import semart
from ml.errors import BadData

HEAD = "\t".join(semart.COLUMNS)


def row(name: str = "a.jpg", comment: str = "A bridge.", **more: str) -> str:
    values = {"IMAGE_FILE": name, "DESCRIPTION": comment, "AUTHOR": "GOGH, Vincent van", **more}
    return "\t".join(values.get(column, "") for column in semart.COLUMNS)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Images").mkdir()
    (tmp_path / "Images" / "a.jpg").write_bytes(b"a picture")
    return tmp_path


def write(folder, *rows: str, head: str = HEAD, encoding: str = "cp1252") -> None:
    (folder / "semart_val.csv").write_bytes("\r\n".join([head, *rows, ""]).encode(encoding))


def test_a_row(folder):
    write(folder, row(TITLE="L'Arlésienne", TYPE="portrait", TIMEFRAME="1851-1900"))
    (painting,) = semart.read(folder, "val").paintings
    assert painting == semart.Painting(
        picture=folder / "Images" / "a.jpg",
        comment="A bridge.",
        author="GOGH, Vincent van",
        title="L'Arlésienne",
        type="portrait",
        timeframe="1851-1900",
    )
    assert semart.there(folder) == ["val"]


def test_another_column_and_quotes_do_no_harm(folder):
    quoted = '"He said ""no""\tand\nleft."'
    write(folder, f"{row(comment=quoted)}\thigh", head=f"{HEAD}\tMATCH")
    assert semart.read(folder, "val").paintings[0].comment == 'He said "no" and left.'


def test_what_is_left_out_is_told(folder):
    write(folder, row(), row(comment=" "), row("gone.jpg"), row("gone too.jpg"))
    found = semart.read(folder, "val")
    assert len(found) == 1
    assert found.notices == (
        "1 rows of semart_val.csv have no comment.",
        "2 pictures of semart_val.csv are not in Images/: gone.jpg, gone too.jpg ...",
    )


def test_bytes_without_a_meaning_are_told(folder):
    (folder / "semart_val.csv").write_bytes(f"{HEAD}\n{row(comment='a § b')}\n".encode("cp1252"))
    data = (folder / "semart_val.csv").read_bytes().replace(b"\xa7", b"\x81")
    (folder / "semart_val.csv").write_bytes(data)
    found = semart.read(folder, "val")
    assert found.paintings[0].comment == "a � b"
    assert found.notices == ("1 bytes of semart_val.csv are no cp1252.",)


def test_no_way_out_of_the_folder(folder):
    (folder / "secret.jpg").write_bytes(b"")
    write(folder, row(), row("../secret.jpg"))
    assert [one.picture.name for one in semart.read(folder, "val").paintings] == ["a.jpg"]


@pytest.mark.parametrize(
    ("rows", "head", "says"),
    [
        ([], HEAD, "holds no row"),
        (["a.jpg\tA bridge."], "IMAGE_FILE\tDESCRIPTION", "lacks the columns AUTHOR, TITLE"),
        ([row("gone.jpg")], HEAD, "holds no painting: 1 pictures"),
    ],
)
def test_what_is_no_dataset(folder, rows, head, says):
    write(folder, *rows, head=head)
    with pytest.raises(BadData, match=says):
        semart.read(folder, "val")


def test_no_table(folder):
    with pytest.raises(BadData, match=r"semart_train\.csv cannot be read"):
        semart.read(folder, "train")
