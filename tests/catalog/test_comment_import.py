"""Comments from files: matched, written once, corrected, and never more than that."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import comment_import, commenting, withdrawal
from catalog.comment_import import Defaults, Plan, carry_out
from catalog.comment_matching import same_maker, stem
from catalog.models import Canvas, CanvasImage, Comment
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_superuser("marta", first_name="Marta", last_name="Ruiz")


def planned(text: str, layout: Any = "csv", **defaults: Any) -> Plan:
    return comment_import.plan(text.encode(), layout, Defaults(**defaults))


def outcomes(made: Plan) -> list[str]:
    return [str(step.outcome) for step in made.steps]


def imported(text: str, author: Any = None, **defaults: Any) -> list[str]:
    made = planned(text, **defaults)
    carry_out(made, author=author)
    return outcomes(made)


def by_people() -> list[Comment]:
    return list(Comment.objects.filter(origin="curator").order_by("pk"))


def test_paintings_are_found_by_what_a_row_names(author: User) -> None:
    album, single = make_manifest(), make_manifest()
    one = make_canvas(album, title="Le Jardin d'Été", maker="Éloïse Marchand")
    two = make_canvas(album, title="Harbour", maker="Ada Vento")
    three = make_canvas(single, title="Harbour", maker="Ada Vento")
    four = make_canvas(title="Portrait", maker="Hans von Aachen")
    CanvasImage.objects.filter(canvas=four).update(
        url="https://x.example/pics/No%201.JPG", service_id="https://x.example/iiif/Portrait-7.tif"
    )
    rows = [
        ("canvas", one.key, one),
        ("canvas", one.key.upper(), one),
        ("canvas", two.uri, two),
        ("canvas", single.uri, three),
        ("canvas", single.key, three),
        ("canvas", album.uri, "ambiguous"),
        ("canvas", "https://x.example/none", "unmatched"),
        ("title", "le jardin  d'ete", "unmatched"),
        ("title", " LE JARDIN D'ETE ", one),
        ("title", "Harbour", "ambiguous"),
        ("title", "Portrait", four),
        ("image", "portrait-7.jpg", four),
        ("image", "C:\\scans\\no 1.jpg", four),
        ("image", "default.jpg", "unmatched"),
    ]
    for column, name, expected in rows:
        out = io.StringIO()
        csv.writer(out).writerows([(column, "text"), (name, "A dog")])
        (step,) = planned(out.getvalue()).steps
        if isinstance(expected, Canvas):
            assert step.canvas == expected, (column, name, step.message)
        else:
            assert (str(step.outcome), step.canvas) == (expected, None), (column, name)
            assert step.message
    made = planned('title,maker,text\nPortrait,"AACHEN, Hans von",x\nPortrait,Somebody,x\n')
    assert [step.canvas for step in made.steps] == [four, None]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("REMBRANDT", "Rembrandt van Rijn", True),
        ("DÜRER, Albrecht", "Albrecht Durer", True),
        ("", "Anybody", True),
        ("Somebody", "", False),
        ("Ada Vento", "Ada Bekker", False),
    ],
)
def test_makers(one: str, other: str, same: bool) -> None:
    assert same_maker(one, other) is same


def test_stems() -> None:
    names = ["a/b/X-1.JPG", "X-1.tiff", "https://x.example/iiif/x-1", "x-1/"]
    assert {stem(name) for name in names} == {"x-1"}
    assert stem("19873-1.2.jpg") == "19873-1.2"


def test_written_once_and_corrected(author: User) -> None:
    canvas = make_canvas(make_manifest())
    harvested = make_comment(canvas, origin="annotation")
    mine = commenting.write(canvas, "My own", author=author)
    head = "canvas,id,text,language,licence,created,xywh\n"
    first = f'{head}{canvas.key},1,A dog,en,,2024-05-31,\n{canvas.key},2,A cat,en,,,"1,2,3,4"\n'
    assert imported(first, author) == ["new", "new"]
    dog, cat = by_people()[1:]
    assert (dog.body, dog.creator, dog.author, dog.created.year) == (  # type: ignore[union-attr]
        "A dog", "Marta Ruiz", author, 2024,
    )  # fmt: skip
    assert (cat.x, cat.motivation, cat.state) == (1, "describing", "published")
    revision = Canvas.objects.get().text_revision
    assert imported(first, author) == ["unchanged", "unchanged"]
    assert Canvas.objects.get().text_revision == revision
    second = first.replace("A dog", "A hound").replace(",,2024", ",https://l.example/,2024")
    made = planned(second)
    assert outcomes(made) == ["changed", "unchanged"]
    assert made.steps[0].message == "body, rights"
    carry_out(made, author=author)
    dog.refresh_from_db()
    assert (dog.body, dog.rights) == ("A hound", "https://l.example/")
    assert imported(second, author) == ["unchanged", "unchanged"]
    assert len(by_people()) == 3
    harvested.refresh_from_db()
    mine.refresh_from_db()
    assert (harvested.body, mine.body) == ("Boats at dusk", "My own")
    # Ids count within a source.
    assert imported(second, author, source="another") == ["new", "new"]


def test_what_was_edited_here_stays(author: User) -> None:
    canvas = make_canvas()
    text = f"canvas,id,text\n{canvas.key},1,A dog\n"
    imported(text, author)
    (comment,) = by_people()
    commenting.set_state([comment], "draft", by=author)
    assert imported(text.replace("dog", "cat"), author) == ["changed"]
    comment.refresh_from_db()
    assert (comment.body, comment.state) == ("A cat", "draft")
    commenting.change(comment, by=author, text="A lion, in truth")
    assert imported(text.replace("dog", "cat"), author) == ["unchanged"]
    made = planned(text.replace("dog", "tiger"))
    assert outcomes(made) == ["edited"]
    assert "edited here" in made.steps[0].message
    assert carry_out(made, author=author) == 0
    assert by_people()[0].body == "A lion, in truth"


def test_without_ids_the_text_is_the_identity(author: User) -> None:
    canvas = make_canvas()
    head, row = "canvas,text,xywh,licence\n", f"{canvas.key},A dog,"
    text = f'{head}{row},\n{row},\n{row}"1,2,3,4",\n'
    made = planned(text)
    assert outcomes(made) == ["new", "repeated", "new"]
    assert made.steps[1].message == "Line 2 says it already."
    carry_out(made, author=author)
    assert imported(f"{head}{row},https://l.example/\n", author) == ["changed"]
    assert len(by_people()) == 2


@pytest.mark.parametrize(
    ("columns", "cells", "message"),
    [
        ("xywh", '"1,2"', "is no region"),
        ("xywh", '"0,0,5000,5"', "leaves the canvas"),
        ("language", "English!", "no language tag"),
        ("licence", "CC BY", "by its address"),
        ("motivation", "shouting", "not known here"),
        ("created", "yesterday", "is no date"),
        ("format", "text/markdown", "not known here"),
    ],
)
def test_what_cannot_be_said_is_refused(db: None, columns: str, cells: str, message: str) -> None:
    canvas = make_canvas()
    made = planned(f"canvas,text,{columns}\n{canvas.key},A dog,{cells}\n")
    assert outcomes(made) == ["refused"]
    assert message in made.steps[0].message


def test_a_withdrawn_painting_takes_none(author: User) -> None:
    canvas = make_canvas(make_manifest())
    text = f"canvas,text\n{canvas.key},A dog\n"
    made = planned(text)
    withdrawal.withdraw_canvas(canvas, reason="The heirs asked for it.")
    assert outcomes(planned(text)) == ["refused"]
    assert carry_out(made, author=author) == 0
    assert outcomes(made) == ["refused"]
    assert not Comment.objects.exists()


def test_queries_do_not_grow_with_rows(author: User) -> None:
    def asked(count: int) -> int:
        rows = []
        for number in range(count):
            canvas = make_canvas(make_manifest(), title=f"Title {number} of {count}", width=None)
            rows += [f'{canvas.key},,,x,"0,0,5,5"', f",{canvas.title},,y,", ",,a.jpg,z,"]
        text = "canvas,title,image,text,xywh\n" + "\n".join(rows)
        with CaptureQueriesContext(connection) as captured:
            imported(text, author)
        return len(captured)

    asked(1)  # content types are cached from now on
    assert asked(2) == asked(12)


def test_semart_by_file_and_by_title(author: User) -> None:
    one = make_canvas(title="Adoration", maker="Albrecht Dürer")
    two = make_canvas()
    CanvasImage.objects.filter(canvas=two).update(service_id="https://x.example/iiif/2-x")
    text = (
        "IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\tTYPE\tSCHOOL\tTIMEFRAME\n"
        "1.jpg\tAn altarpiece.\tDÜRER, Albrecht\tAdoration\t\t\t\t\t\n"
        "2-x.jpg\tA harbour.\tX\tAnything\t\t\t\t\t\n"
        "3.jpg\tNowhere.\tX\tNothing\t\t\t\t\t\n"
    )
    made = planned(text, layout="semart", language="en")
    assert [step.canvas for step in made.steps] == [one, two, None]
    assert [step.message for step in made.steps[:2]] == ["by its title", "by its file"]
    lines = list(csv.reader(io.StringIO(comment_import.report(made))))
    assert lines[0] == ["line", "outcome", "canvas", "message"]
    assert [(line[0], line[1]) for line in lines[1:]] == [
        ("2", "new"), ("3", "new"), ("4", "unmatched"),
    ]  # fmt: skip


# -- the command ---------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("comments", "import", *arguments, stdout=out)
    return out.getvalue()


def test_the_command(author: User, tmp_path: Path) -> None:
    canvas = make_canvas()
    file, told = tmp_path / "c.csv", tmp_path / "report.csv"
    file.write_text(f"canvas,text\n{canvas.key},A dog\nnowhere,A cat\n{canvas.key},\n")
    said = run(str(file), "--dry-run", "--author", "marta")
    assert "Nothing was written" in said
    assert not by_people()
    said = run(str(file), "--author", "marta", "--language", "en", "--report", str(told))
    assert "1 written." in said
    assert "line 3: No painting here has" in said
    assert "line 4: There is no text." in said
    assert "1 new, 1 unmatched, 1 unreadable" in said
    assert by_people()[0].language == "en"
    assert len(told.read_text().splitlines()) == 4
    # Somebody else's import says nothing of who said it.
    assert "0 written." in run(str(file), "--language", "en")


def test_the_command_says_what_is_wrong(db: None, tmp_path: Path) -> None:
    User.objects.create_user("reader")
    file = tmp_path / "c.csv"
    file.write_text("hello\n")
    for arguments, message in (
        ([str(tmp_path / "none.csv")], "cannot be read"),
        ([str(file)], "must name the columns"),
        ([str(file), "--author", "nobody"], "There is no user"),
        ([str(file), "--author", "reader"], "lacks the permission"),
    ):
        with pytest.raises(CommandError, match=message):
            run(*arguments)
