"""``manage.py withdraw KEY_OR_URI...``: take manifests and canvases down, or put them back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import journal, withdrawal
from catalog.models import Manifest, State
from catalog.withdrawal import Removal, Thing


class Command(BaseCommand):
    help = (
        "Withdraw manifests or canvases: their texts, pictures and vectors are deleted, and no "
        "harvest brings them back. --undo lifts that; the next harvest reads them anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="KEY_OR_URI")
        parser.add_argument("--reason", default="", help="why; required, kept for good")
        parser.add_argument("--by", default="", metavar="NAME", help="who does it, for the journal")
        parser.add_argument("--undo", action="store_true", help="lift a withdrawal")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(
        self,
        *args: Any,
        names: list[str],
        reason: str,
        by: str,
        undo: bool,
        yes: bool,
        **options: Any,
    ) -> None:
        if not undo and not reason.strip():
            raise CommandError("Say why: --reason 'The rights holder asked for it'.")
        try:
            things = [withdrawal.find(name) for name in names]
            user = journal.person_called(by)
        except (withdrawal.NotHere, journal.NoSuchPerson) as error:
            raise CommandError(str(error)) from error
        for thing in things:
            self.stdout.write(f"{self._kind(thing)} {thing.key}: {thing} ({thing.state})")
        left = [thing for thing in things if (thing.state == State.WITHDRAWN) != undo]
        things = [thing for thing in things if thing not in left]
        for thing in left if not undo else []:  # a file may have been left behind
            withdrawal.withdraw(thing.key, reason=reason, user=user)
        if not things:
            text = "None of them is withdrawn." if undo else "They are withdrawn already."
            self.stdout.write(text)
            return
        if undo:
            question = "Put back as drafts, to be read anew by the next harvest?"
        else:
            self.stdout.write(sentence(withdrawal.removal_of(things)))
            question = "Withdraw? What is removed comes back only with a new harvest."
        if not yes and not self._agrees(question):
            raise CommandError("Nothing was changed.")
        for thing in things:
            if undo:
                withdrawal.restore(thing, user=user)
            else:
                withdrawal.withdraw(thing.key, reason=reason, user=user)
        done = "restored as draft" if undo else "withdrawn"
        self.stdout.write(f"{len(things)} {done}.")

    def _kind(self, thing: Thing) -> str:
        return "Manifest" if isinstance(thing, Manifest) else "Canvas"

    def _agrees(self, question: str) -> bool:
        try:
            return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except EOFError as error:
            raise CommandError("Nobody is there to ask: say --yes. Nothing was changed.") from error


def sentence(removal: Removal) -> str:
    return (
        f"To be removed: {removal.manifests} manifests, {removal.canvases} canvases, "
        f"{removal.comments} texts ({removal.by_curators} of them by curators), "
        f"{removal.pictures} kept pictures ({removal.size:,} bytes). "
        f"To be changed: {removal.changed} manifests that show one of the canvases."
    )
