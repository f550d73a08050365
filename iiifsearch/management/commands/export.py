"""``manage.py export SUBJECT``: what curators made and decided, or vectors, as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Collection, Manifest, State
from iiifsearch.exports import vectors
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.encoder import NoSuchEncoder, of_pictures
from iiifsearch.exports.files import whole
from iiifsearch.exports.subjects import SUBJECTS, NoExport, export
from iiifsearch.exports.vectors import NoVectors, Vectors


class Command(BaseCommand):
    help = "Write what curators made and decided, the journal, or vectors of paintings to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject", choices=[*SUBJECTS, "vectors"])
        parser.add_argument("--collection", metavar="KEY", help="only what concerns this one")
        parser.add_argument("--manifest", metavar="KEY", help="of this manifest alone; vectors")
        parser.add_argument(
            "--format",
            choices=("csv", "jsonld", *(form for form in vectors.FORMS if form != "jsonld")),
            help="csv by default, of vectors parquet",
        )
        parser.add_argument("--encoder", metavar="NAME", help="whose vectors")
        parser.add_argument("--public", action="store_true", help="only what is public")
        parser.add_argument(
            "--harvested", action="store_true", help="comments: what the sources say, too"
        )
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="else to the screen")

    def handle(self, *args: Any, subject: str, output: Path | None, **options: Any) -> None:
        asked = Asked(
            collection=_named(Collection, options["collection"]),
            manifest=_named(Manifest, options["manifest"]),
            drafts=not options["public"],
            harvested=options["harvested"],
        )
        if asked.collection is not None and asked.manifest is not None:
            raise CommandError("Say --collection or --manifest, not both.")
        if output is not None and not output.parent.is_dir():
            raise CommandError(f"There is no folder {output.parent}: make it first.")
        try:
            if subject == "vectors":
                self._vectors(asked, options["format"] or "parquet", options["encoder"], output)
            else:
                self._table(subject, asked, options["format"] or "csv", output)
        except (NoExport, NoSuchEncoder, NoVectors) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"It cannot be written: {error}. Nothing was kept.") from error

    def _table(self, subject: str, asked: Asked, form: str, output: Path | None) -> None:
        if asked.manifest is not None:
            raise NoExport("--manifest is for vectors.")
        file = export(subject, form, asked)
        if output is None:
            self.stdout.flush()
            for piece in file.pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.flush()
            return
        with whole(output) as made, made.open("wb") as out:
            out.writelines(file.pieces)
        self.stdout.write(f"{output}: {output.stat().st_size:,} bytes.")

    def _vectors(self, asked: Asked, form: str, name: str | None, output: Path | None) -> None:
        if form not in vectors.FORMS:
            raise NoExport(f"Vectors can be had as {', '.join(vectors.FORMS)}, not as {form}.")
        if not name or output is None:
            raise NoExport("Vectors need --encoder NAME and -o FILE.")
        found = Vectors(of_pictures(name), asked)
        with whole(output) as made:
            vectors.save(found, form, made)
        self.stdout.write(
            f"{output}: {found.done:,} vectors by {found.spec.key}; {found.without:,} paintings "
            "have none."
        )


def _named(model: Any, key: str | None) -> Any:
    """The collection or manifest with this key; None where none is named."""
    if key is None:
        return None
    found = model.objects.filter(key=key.replace("\0", "")).exclude(state=State.WITHDRAWN).first()
    if found is None:
        name = model._meta.verbose_name
        raise CommandError(f"There is no {name} with the key {key!r}: it is the end of its URL.")
    return found
