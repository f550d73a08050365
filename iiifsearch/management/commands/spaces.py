"""``manage.py spaces``: where texts and pictures meet, beside the space that ships."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from iiifsearch import answering, encoders
from iiifsearch.conf import options as installed
from iiifsearch.index.find_work import counts
from ml import registry, runtime
from ml.errors import MLError
from ml.spaces import Declaration

ADDED = """\
Added: {made.name}, {made.dim} dimensions, with {text} for texts.
Searches are as they were. To go over to it without a pause:
  1. put "{made.name}" into IIIFSEARCH["image_encoders"], before the one that answers now, and
     restart workers and web processes: that one goes on answering
  2. manage.py index, or wait for the workers: manage.py spaces tells how far it is. When it covers
     as much, it answers by itself
  3. take the other one out of the settings when you like
Its cut-offs are {cut_offs[0]:g} between pictures and {cut_offs[1]:g} between texts and pictures:
look at what it finds."""


class Command(BaseCommand):
    help = "List the spaces of texts and pictures there are, or add one: trained here, or fetched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind")
        trained = kinds.add_parser("add-trained", help="a model of manage.py train comments")
        trained.add_argument("folder", type=Path, metavar="MODELS/NAME", help="as it was left")
        fetched = kinds.add_parser(
            "add-open-clip",
            help="a model of open_clip; needs: pip install 'iiifsearch[open-clip]'",
        )
        fetched.add_argument(
            "model",
            nargs="?",
            help="as open_clip calls it, hf-hub:ORGANISATION/REPOSITORY, or local-dir:PATH; "
            "without it: SigLIP 2 ViT-B/16",
        )
        fetched.add_argument(
            "--pretrained", metavar="TAG", help="which weights, where a model has several"
        )
        for one in (trained, fetched):
            one.add_argument("--name", help="of the encoder of pictures; else made of the model's")

    def handle(self, *args: Any, kind: str | None, **options: Any) -> None:
        if kind is None:
            return self._list()
        try:
            made = self._add(kind, options)
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        _, text = made.specs()
        self.stdout.write(ADDED.format(made=made, text=text.name, cut_offs=made.cut_offs))

    def _add(self, kind: str, options: dict[str, Any]) -> Declaration:
        cache, name = installed.encoder_cache, options["name"]
        # Torch, which nothing else in Django needs.
        if kind == "add-trained":
            from ml.training.publish import publish

            return publish(options["folder"], cache_dir=cache, name=name)
        from ml.encoders import add_open_clip

        model, pretrained = options["model"], options["pretrained"]
        if model is None:
            model, pretrained = add_open_clip.MODEL, pretrained or add_open_clip.PRETRAINED
        return add_open_clip.add(model, pretrained, cache_dir=cache, name=name)

    def _list(self) -> None:
        live, answers = encoders.joints(), encoders.joint()
        wanted = [(one.wanted, one.wanted_reader) for one in answering.live()]
        done = {count.feature: count for count in counts()} if live else {}
        for spec in registry.specs():
            text = registry.partner(spec)
            if spec.modality != "image" or text is None:
                continue
            pair = (spec, text)
            states = ["live" if pair in live else "to take over" if pair in wanted else "not live"]
            if pair == answers:
                states = ["live, and the one that answers"]
            states += [
                f"{one.key} of {done[one.key].done} in {done[one.key].canvases} canvases"
                for one in pair
                if one.key in done
            ]
            if not all(runtime.ready(one.key, installed.encoder_cache) for one in pair):
                states.append("not exported: manage.py encoders")
            self.stdout.write(f"{spec.name}: {'; '.join(states)}\n  {spec.description}")
