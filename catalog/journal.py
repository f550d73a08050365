"""Who changed what: Django's log of the admin, for whatever a person does here.

A command has no user: an account that nobody can sign in to stands for the command line, unless
the command is told who runs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

#: The name of the account that stands for commands.
COMMAND_LINE = "command-line"
#: What was done, as Django's log numbers it.
ADDED, CHANGED, DELETED = 1, 2, 3


class NoSuchPerson(LookupError):
    """Nobody has an account of that name; the message says which."""


def note(user: Any | None, row: models.Model, said: str, *, flag: int = CHANGED) -> None:
    """Write down that ``user`` (None: the command line) did something with ``row``.

    ``flag``: ADDED, CHANGED or DELETED. Where the admin is not installed nothing is written.
    """
    note_all(user, [row], said, flag=flag)


def note_all(user: Any | None, rows: Iterable[Any], said: str, *, flag: int = CHANGED) -> None:
    """The same of many rows of one model, in one statement."""
    rows = list(rows)
    if not rows or not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import LogEntry

    who = command_line() if user is None else user
    LogEntry.objects.log_actions(who.pk, rows, flag, change_message=said)


def note_named(user: Any | None, model: type[models.Model], name: str, said: str) -> None:
    """The same of something that has no row of its own, and is known by ``name``."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    LogEntry.objects.create(
        user=command_line() if user is None else user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=name,
        object_repr=name[:200],
        action_flag=CHANGED,
        change_message=said,
    )


def command_line() -> Any:
    """The account that stands for commands: not active, without a password."""
    people = get_user_model()._default_manager
    by_name = {get_user_model().USERNAME_FIELD: COMMAND_LINE}
    person = people.filter(**by_name).first()
    if person is None:
        person = get_user_model()(**by_name, is_active=False)
        person.set_unusable_password()
        person.save()
    return person


def person_called(name: str) -> Any | None:
    """The account of that name; None for "". Raises NoSuchPerson."""
    if not name:
        return None
    people = get_user_model()
    found = people._default_manager.filter(**{people.USERNAME_FIELD: name.replace("\0", "")})
    person = found.first()
    if person is None:
        raise NoSuchPerson(f"Nobody has an account called {name!r}: manage.py person makes one.")
    return person
