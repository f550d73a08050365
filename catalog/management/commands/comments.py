"""``manage.py comments import FILE``: comments from a table, matched to paintings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import comment_values, commenting
from catalog.comment_files import LAYOUTS, MOST_BYTES, BadFile
from catalog.comment_import import Defaults, Outcome, Plan, carry_out, plan, report

#: Lines that are told; all of them are in the report.
LINES_TOLD = 20


class Command(BaseCommand):
    help = (
        "Import comments from a CSV file or a table of SemArt. The same file a second time makes "
        "no second copy; rows that were corrected change what their import made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="import")
        one = actions.add_parser("import", help="import a file")
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument("--format", choices=LAYOUTS, default="csv", help="csv if absent")
        one.add_argument("--dry-run", action="store_true", help="tell, and write nothing")
        one.add_argument("--author", default="", metavar="USER", help="whose comments they are")
        one.add_argument("--source", default="", help="what the file is called; ids count in it")
        one.add_argument("--language", default="", help="where a row names none (BCP 47)")
        one.add_argument("--motivation", default="describing", choices=comment_values.MOTIVATIONS)
        one.add_argument("--rights", default="", help="licence's URI, where a row names none")
        one.add_argument("--creator", default="", help="who said it, where a row names nobody")
        one.add_argument("--draft", action="store_true", help="new comments are not published yet")
        one.add_argument("--report", type=Path, metavar="FILE", help="write every line's outcome")

    def handle(self, *args: Any, **options: Any) -> None:
        author = self._author(options["author"])
        file: Path = options["file"]
        defaults = Defaults(
            **{name: options[name] for name in ("source", "language", "motivation", "rights")},
            creator=options["creator"],
            state="draft" if options["draft"] else "published",
        )
        try:
            with file.open("rb") as opened:
                data = opened.read(MOST_BYTES + 1)
            made = plan(data, options["format"], defaults)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror or error}") from error
        except BadFile as error:
            raise CommandError(f"{file}: {error}") from error
        written = 0 if options["dry_run"] else carry_out(made, author=author)
        self._tell(made)
        if options["report"]:
            options["report"].write_text(report(made), encoding="utf-8")
            self.stdout.write(f"Every line's outcome: {options['report']}")
        done = "Nothing was written (--dry-run)." if options["dry_run"] else f"{written:,} written."
        self.stdout.write(done)

    def _author(self, name: str) -> Any:
        if not name:
            return None
        model = get_user_model()
        found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
        if found is None:
            raise CommandError(f"There is no user {name!r}.")
        if not commenting.may_write(found):
            raise CommandError(f"{name!r} lacks the permission 'catalog.add_comment'.")
        return found

    def _tell(self, made: Plan) -> None:
        for warning in made.warnings:
            self.stdout.write(f"Note: {warning}")
        lines = [(problem.line, problem.message) for problem in made.problems]
        quiet = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
        for step in made.steps:
            if step.outcome not in quiet:
                lines.append((step.row.line, step.message))
        for line, message in sorted(lines)[:LINES_TOLD]:
            self.stdout.write(f"  line {line:,}: {message}")
        more = len(lines) - LINES_TOLD + made.unread
        if more > 0:
            self.stdout.write(f"  and {more:,} more lines: --report FILE writes them all.")
        counts = [f"{count:,} {outcome}" for outcome, count in made.counts.items() if count]
        unreadable = len(made.problems) + made.unread
        counts += [f"{unreadable:,} unreadable"] if unreadable else []
        self.stdout.write(", ".join(counts) or "The file has no rows.")
