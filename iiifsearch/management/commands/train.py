"""``manage.py train``: models that bring comments and paintings together."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from iiifsearch.conf import options as installed
from ml.errors import MLError


class Command(BaseCommand):
    help = "Train a model from a configuration; what was stopped goes on where it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        comments = kinds.add_parser("comments", help="comments and paintings, in SemArt's layout")
        comments.add_argument("config", type=Path, metavar="CONFIG", help="a TOML file")
        comments.add_argument(
            "--data", type=Path, required=True, metavar="DIR", help="semart_train.csv, Images/ ..."
        )
        comments.add_argument(
            "--out",
            type=Path,
            required=True,
            metavar="DIR",
            help="where the model's folder is made",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # torch, which nothing else in Django needs
        from ml.training import config
        from ml.training.run import train

        bars: dict[str, tqdm[Any]] = {}

        def progress(what: str, done: int, of: int) -> None:
            bar = bars.setdefault(what, tqdm(desc=what, total=of))
            bar.update(done - bar.n)

        try:
            trained = train(
                config.read(options["config"]),
                options["data"],
                options["out"],
                cache_dir=installed.encoder_cache,
                progress=progress,
            )
        except MLError as error:
            raise CommandError(str(error)) from error
        finally:
            for bar in bars.values():
                bar.close()
        told = trained.figures
        self.stdout.write(
            f"{trained.folder}: epoch {trained.epoch} of {trained.epochs} is kept; of the split "
            f"val R@1 {told.recall[1]:.3f}, R@5 {told.recall[5]:.3f}, R@10 {told.recall[10]:.3f}, "
            f"median rank {told.median_rank:g}"
        )
