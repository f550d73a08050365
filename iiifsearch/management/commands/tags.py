"""``manage.py tags``: guess tags for curators to decide on, with a progress bar."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from iiifsearch.index.guesses import find_guesses, to_look_at
from iiifsearch.models import TagGuess


class Command(BaseCommand):
    help = "Guess what might be said of paintings, and what might be wrong, by their neighbours."

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(total=to_look_at(), unit="canvas", desc="Guessing") as bar:
            done = find_guesses(progress=bar.update)
        self.stdout.write(
            f"{done.done} looked at, {done.skipped} have nothing to see, {done.failed} failed."
        )
        left = to_look_at()
        if left:
            self.stdout.write(f"{left} are left: a worker looks at them at this moment.")
        for kind in TagGuess.Kind:
            count = TagGuess.objects.filter(kind=kind, decision="").count()
            self.stdout.write(f"{count} tags {kind.label}: decide on them in the admin.")
