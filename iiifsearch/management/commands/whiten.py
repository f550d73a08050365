"""``manage.py whiten``: learn a whitening from the library's own pictures, as a new encoder."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from iiifsearch.index.whiten import PICTURES, CannotLearn, whiten
from ml.errors import MLError


class Command(BaseCommand):
    help = "Learn the whitening of an image encoder from the kept pictures of this library."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("encoder", help="name or key of an image encoder")
        parser.add_argument(
            "--pictures",
            type=int,
            default=PICTURES,
            help=f"how many to learn from, evenly from all that are kept ({PICTURES})",
        )

    def handle(self, *args: Any, encoder: str, pictures: int, **options: Any) -> None:
        try:
            with tqdm(unit="picture", desc="Looking") as bar:
                learned = whiten(encoder, pictures, bar.update)
        except (CannotLearn, MLError) as error:
            raise CommandError(str(error)) from error
        spec = learned.spec
        self.stdout.write(
            f"Learned from {learned.pictures} pictures: {spec.key}, {spec.dim} dimensions.\n"
            "It is an encoder of its own; those that are live are as they were. To use it:\n"
            f'  1. add "{spec.key}" to IIIFSEARCH["image_encoders"]; in the place of the one it '
            "was\n     learned for, or beside it\n"
            "  2. manage.py encoders\n"
            "  3. manage.py index\n"
            f"Its default cut-off, {spec.min_similarity}, was measured for another encoder: look "
            "at what it finds."
        )
