"""``manage.py person NAME --role ROLE``: make a person who may sign in to the admin."""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from catalog import journal
from iiifsearch import second_factor
from iiifsearch.roles import ROLES, Role, UnknownRole, group_of, role_called


class Command(BaseCommand):
    help = (
        "Make a person who may sign in to the admin, or give one who is known other roles, a new "
        "password, or a way back in without the lost phone. The password of a new person is asked "
        "for, read from standard input where that is no terminal, or generated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(role.name for role in ROLES)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--role",
            action="append",
            dest="roles",
            metavar="ROLE",
            help=f"{names}; may be repeated. What the person had of these before is taken away",
        )
        parser.add_argument("--email", help="an address")
        password = parser.add_mutually_exclusive_group()
        password.add_argument("--generate", action="store_true", help="make up a password")
        password.add_argument("--password", action="store_true", help="ask for a new password")
        parser.add_argument(
            "--forget-two-factor",
            action="store_true",
            help="remove the app and the recovery codes of a person: their phone is lost",
        )
        parser.add_argument("--by", default="", metavar="NAME", help="who does it, for the journal")

    def handle(self, *args: Any, name: str, by: str, **options: Any) -> None:
        try:
            roles = [role_called(role) for role in options["roles"] or []]
            author = journal.person_called(by)
        except (UnknownRole, journal.NoSuchPerson) as error:
            raise CommandError(str(error)) from error
        if name == journal.COMMAND_LINE:
            raise CommandError(f"{name!r} stands for commands in the journal: nobody signs in so.")
        user = User.objects.filter(username=name).first()
        if user is None and options["forget_two_factor"]:
            raise CommandError(f"Nobody is called {name!r}.")
        if user is None and not roles:
            raise CommandError("Say what the new person may do: --role Reader, for instance.")
        with transaction.atomic():
            said = self._change(user or _new(name), roles, options)
            row = User.objects.get(username=name)
            if said:
                flag = journal.CHANGED if user else journal.ADDED
                journal.note(author, row, " ".join(said), flag=flag)
        for line in said or ["Nothing was asked for, and nothing was changed."]:
            self.stdout.write(f"{name}: {line}")

    def _change(self, user: User, roles: list[Role], options: dict[str, Any]) -> list[str]:
        """Do what was asked for; in words, without the password."""
        said = []
        if options["email"] is not None:
            user.email = options["email"]
            said.append("E-mail address set.")
        is_new = user.pk is None
        if is_new or options["generate"] or options["password"]:
            user.set_password(self._password(user, options["generate"]))
            said.append("Password set.")
        if roles:
            user.is_staff = True
        _check(user)
        user.save()
        if roles:
            user.groups.remove(*Group.objects.filter(name__in=[role.name for role in ROLES]))
            user.groups.add(*(group_of(role) for role in roles))
            said.append(f"Is {', '.join(role.name for role in roles)}.")
        if options["forget_two_factor"]:
            found = second_factor.forget(user)
            said.append("Two-factor login removed." if found else "Had no two-factor login.")
        return said

    def _password(self, user: User, generate: bool) -> str:
        """One that Django's validators accept. Raises CommandError."""
        if generate:
            password = secrets.token_urlsafe(15)
            self.stdout.write(f"{user.username}: the password is {password}")
        elif sys.stdin.isatty():
            password = getpass.getpass(f"Password of {user.username}: ")
            if getpass.getpass("The same again: ") != password:
                raise CommandError("These are two different passwords. Nothing was changed.")
        else:
            password = sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join([*error.messages, "Nothing was changed."])) from error
        return password


def _new(name: str) -> User:
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return User(username=name)


def _check(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise CommandError(" ".join([*error.messages, "Nothing was changed."])) from error
