"""``manage.py roles``: who may do what."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from iiifsearch.roles import ROLES, table


class Command(BaseCommand):
    help = "Print the roles and what each of them may. All of them may see everything."

    def handle(self, *args: Any, **options: Any) -> None:
        for role in ROLES:
            self.stdout.write(f"{role.name}: {role.what}")
        rows = table()
        width = max((len(name) for name, _, _ in rows), default=0)
        self.stdout.write("")
        self.stdout.write(" " * width + "  " + "  ".join(role.name for role in ROLES))
        for name, _, held in rows:
            cells = (
                ("yes" if has else "-").ljust(len(role.name))
                for role, has in zip(ROLES, held, strict=True)
            )
            self.stdout.write(f"{name:<{width}}  {'  '.join(cells)}".rstrip())
