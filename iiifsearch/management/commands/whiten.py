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
            f'  1. put "{spec.key}" into IIIFSEARCH["image_encoders"]: beside the one that it was\n'
            '     learned for, or in its place, there and in ["features"]: that one then goes on\n'
            "     answering until the new one covers as much\n"
            "  2. manage.py encoders, and restart workers and web processes\n"
            "  3. manage.py index, or wait for the workers\n"
            f"Its default cut-off, {spec.min_similarity}, was measured for another encoder: look "
            "at what it finds."
        )
