"""``manage.py evaluate``: how good the search is, on a folder of pictures."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from iiifsearch.evaluation.library import NotEvaluated
from ml.errors import MLError

#: What makes a library of its own in the database, and asks it.
OF_A_LIBRARY = ("recognition", "duplicates", "regions", "neighbours")


class Command(BaseCommand):
    help = (
        "Measure recognition, duplicates, drawn regions, neighbours, tags or comments on a folder "
        "of pictures."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        recognition = kinds.add_parser("recognition", help="photos of paintings")
        duplicates = kinds.add_parser("duplicates", help="distorted copies of paintings")
        regions = kinds.add_parser("regions", help="details of paintings")
        neighbours = kinds.add_parser("neighbours", help="style, genre and author of neighbours")
        comments = kinds.add_parser("comments", help="paintings by what was written of them")
        tags = kinds.add_parser("tags", help="style, genre and author, guessed from neighbours")
        for kind in (recognition, duplicates, regions, neighbours, comments, tags):
            kind.add_argument("folder", type=Path, metavar="DIR")
            kind.add_argument("--json", action="store_true", help="print the figures as JSON only")
        for kind in (duplicates, regions, comments, tags):
            kind.add_argument("--seed", type=int, default=0)
        duplicates.add_argument("--n", type=int, default=1000, help="pictures, and strangers")
        regions.add_argument("--n", type=int, default=200, help="rectangles")
        regions.add_argument("--among", type=Path, help="another folder of pictures to be among")
        neighbours.add_argument(
            "--n", type=int, default=2000, help="pictures, taken evenly; 0: all"
        )

        tags.add_argument("--n", type=int, default=0, help="pictures, taken evenly; 0: all")
        tags.add_argument("--encoder", default="efficientnet-lite0")
        comments.add_argument(
            "--model",
            default="art-joint",
            help="an encoder's name, or the folder of a trained model (default art-joint)",
        )
        comments.add_argument("--distractors", type=Path, help="pictures that no comment is of")
        comments.add_argument(
            "--n", type=int, default=0, help="distractors, taken evenly; 0: all of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED_POSTGRES is not None and options["kind"] in OF_A_LIBRARY:
            settings.EMBEDDED_POSTGRES.start()
        # Where only figures are wanted it is for whoever watches a terminal.
        with tqdm(unit="picture", disable=None if options["json"] else False) as bar:
            try:
                figures = _evaluate(options, bar.update)
            except (NotEvaluated, MLError) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False))


def _evaluate(options: dict[str, Any], progress: Any) -> dict[str, Any]:
    folder = options["folder"]
    match options["kind"]:
        case "recognition":
            from iiifsearch.evaluation import recognition

            return recognition.evaluate(folder, progress)
        case "duplicates":
            from iiifsearch.evaluation import duplicates

            return duplicates.evaluate(folder, options["n"], options["seed"], progress)
        case "regions":
            from iiifsearch.evaluation import regions

            among = options["among"]
            return regions.evaluate(folder, among, options["n"], options["seed"], progress)
        case "comments":
            from iiifsearch.evaluation import comments

            model, others = options["model"], options["distractors"]
            n, seed = options["n"], options["seed"]
            return comments.evaluate(folder, model, others, n, seed, progress)
        case "tags":
            from iiifsearch.evaluation import tags

            return tags.evaluate(
                folder, options["encoder"], options["n"], options["seed"], progress
            )
    from iiifsearch.evaluation import neighbours

    return neighbours.evaluate(folder, options["n"], progress)
