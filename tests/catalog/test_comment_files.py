"""Tables of comments: whatever the file, rows with their lines, or why there are none."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import comment_files
from catalog.comment_files import BadFile, Row, read

HEADER = "canvas,text,language\n"


def test_a_table_with_everything() -> None:
    text = (
        "Canvas URI;Title;Maker;Comment;Lang;Motivation;Licence;Creator;Created;x;y;w;h;ID\r\n"
        'https://x.example/c;Boats;Ada;"Two; boats\r\nat rest";en;tagging;https://l.example/;'
        "Marta;2024-05-31;1;2;3;4;7\r\n"
        "\r\n"
        ";;;;;;;;;;;;;\r\n"
        "https://x.example/d;;;A dog\r\n"
    )
    table = read(text.encode("utf-8-sig"))
    assert table.problems == table.warnings == []
    assert table.rows == [
        Row(
            2,
            "Two; boats\r\nat rest",
            canvas="https://x.example/c",
            title="Boats",
            maker="Ada",
            language="en",
            motivation="tagging",
            rights="https://l.example/",
            creator="Marta",
            created="2024-05-31",
            id="7",
            xywh="1,2,3,4",
        ),
        Row(6, "A dog", canvas="https://x.example/d"),
    ]


@pytest.mark.parametrize("delimiter", comment_files.DELIMITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    text = f"title{delimiter}text\nLe jardin d’été{delimiter}Café\n"
    table = read(text.encode(encoding))
    assert table.rows == [Row(2, "Café", title="Le jardin d’été")]
    assert table.warnings == []


def test_windows_1252_is_read_and_told() -> None:
    table = read("title,text\nCafé,“Été”\n".encode("cp1252"))
    assert table.rows == [Row(2, "“Été”", title="Café")]
    assert "Windows-1252" in table.warnings[0]
    assert "line 2" in table.warnings[0]
    table = read(b"title,text\nx,\x81\n")
    assert "are no Windows-1252" in table.warnings[1]


def test_semart() -> None:
    text = (
        "IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\tTYPE\tSCHOOL\tTIMEFRAME\n"
        '19873-1.jpg\tThe "Trinity" is shown\tDÜRER, Albrecht\tAdoration\tOil\t1511\tr\tG\t1501\n'
    )
    for encoding in ("utf-8", "cp1252"):
        table = read(text.encode(encoding), "semart")
        assert table.warnings == table.problems == []
        assert table.rows == [
            Row(2, 'The "Trinity" is shown', title="Adoration", maker="DÜRER, Albrecht",
                image="19873-1.jpg")
        ]  # fmt: skip
    with pytest.raises(BadFile, match="lacks IMAGE_FILE"):
        read(b"title\ttext\nx\ty\n", "semart")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\nworld\n", "must name the columns"),
        (b"text,language\nx,en\n", "one that names the painting"),
        (b"canvas,text,comment\nx,y,z\n", "one and the same: text"),
        (b"canvas,text,x,y\nx,y,1,2\n", "x, y, w and h"),
        (b"canvas,text,x,y,w,h,xywh\n", "xywh alone"),
    ],
)
def test_a_file_that_is_no_table(data: bytes, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        read(data)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c,", "There is no text"),
        (",A dog", "names no painting"),
        ("c,A,dog,,", "5 cells where the header has 3"),
        ("c,A\0dog", "NUL"),
        ('c,"A "dog" barks"', "Quotes do not match"),
        ('c,"A dog', "Quotes do not match"),
        ("c," + "x" * 120_001, "quotes amiss"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_line(line: str, message: str) -> None:
    table = read((HEADER + "c,One,en\n" + line + "\n").encode())
    assert table.rows == [Row(2, "One", canvas="c", language="en")]
    (problem,) = table.problems
    assert problem.line == 3
    assert message in problem.message


def test_rows_after_a_bad_one_are_read() -> None:
    table = read((HEADER + 'c,"A "dog",en\nc,Two,en\n').encode())
    assert [problem.line for problem in table.problems] == [2]
    assert [row.text for row in table.rows] == ["Two"]


def test_part_of_a_region() -> None:
    table = read(b"canvas,text,x,y,w,h\nc,One,1,2,3,\nc,Two,,,,\n")
    assert [problem.message for problem in table.problems] == [
        "A region needs all of x, y, w and h."
    ]
    assert table.rows == [Row(3, "Two", canvas="c")]


def test_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comment_files, "MOST_ROWS", 2)
    table = read((HEADER + "c,x,en\n" * 3).encode())
    assert len(table.rows) == 2
    assert "Only the first 2 rows are read, to line 3" in table.warnings[0]
    monkeypatch.setattr(comment_files, "MOST_PROBLEMS", 1)
    table = read((HEADER + ",x,en\n" * 3).encode())
    assert (len(table.problems), table.unread) == (1, 2)
    monkeypatch.setattr(comment_files, "MOST_BYTES", 10)
    with pytest.raises(BadFile, match="10 are the most"):
        read(HEADER.encode())


def test_columns_that_are_not_known_are_told() -> None:
    table = read(b"canvas,text,colour\nc,x,red\n")
    assert table.warnings == ["Columns that are not known, and not read: colour."]


@given(st.binary(max_size=400), st.sampled_from(comment_files.LAYOUTS))
def test_any_bytes_are_read_or_refused(data: bytes, layout: comment_files.Layout) -> None:
    for whole in (data, HEADER.encode() + data):
        try:
            table = read(whole, layout)
        except BadFile as error:
            assert str(error)
            continue
        lines = [row.line for row in table.rows]
        assert lines == sorted(lines)
        for row in table.rows:
            assert row.text
            assert row.canvas or row.image or row.title
            assert "\0" not in row.text


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20
).map(str.strip).filter(bool)  # fmt: skip


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_what_a_csv_writer_wrote_is_read_whole(
    pairs: list[tuple[str, str]], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["canvas", "text"])
    writer.writerows(pairs)
    table = read(out.getvalue().encode())
    assert [(row.canvas, row.text) for row in table.rows] == pairs
    assert table.problems == []
