"""``manage.py index``: make whatever features are missing, with a progress bar."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from iiifsearch.index.everything import index_everything
from iiifsearch.index.find_work import counts, text_features
from iiifsearch.index.manage import in_words
from iiifsearch.index.watching import watching


class Command(BaseCommand):
    help = "Extract the features that are missing and build the indexes that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        before = counts()
        # Pictures are looked at once for all their features, and so are texts.
        of_texts = text_features()
        pictures = max((c.pending for c in before if c.feature not in of_texts), default=0)
        texts = max(c.pending for c in before if c.feature in of_texts)
        with (
            tqdm(total=pictures + texts, unit="canvas", desc="Indexing") as bar,
            watching(lambda builds: bar.set_postfix_str(in_words(builds))),
        ):
            done = index_everything(bar.update)
        self.stdout.write(f"{done.done} made, {done.skipped} skipped, {done.failed} failed.")
        for count in counts():
            self.stdout.write(
                f"  {count.feature}: {count.done} of {count.canvases} canvases, "
                f"{count.skipped} have nothing to see, {count.failed} failed."
            )
