"""The roles that the software declares: groups, the table, and people who are given one."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command

from iiifsearch import roles, second_factor

pytestmark = pytest.mark.django_db

PASSWORD = "velvet harbour 93 lantern"


def said(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands on standard input."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return give


def test_the_groups_are_there_with_what_is_declared() -> None:
    for role in roles.ROLES:
        held = set(Group.objects.get(name=role.name).permissions.values_list("pk", flat=True))
        assert held == set(role.permissions().values_list("pk", flat=True)) != set()


def test_every_permission_that_a_role_names_exists() -> None:
    for role in roles.ROLES:
        for name in role.may:
            app, codename = name.split(".")
            assert Permission.objects.filter(
                content_type__app_label=app, codename=codename
            ).exists(), name


def test_a_reader_may_only_see_and_nobody_but_administrators_sees_tokens() -> None:
    for role in roles.ROLES:
        names = set(role.permissions().values_list("codename", flat=True))
        assert ("view_apitoken" in names) is (role is roles.ADMINISTRATOR)
    reader = roles.READER.permissions().exclude(codename__startswith="view_")
    assert not reader.exists()


def test_a_migration_brings_a_role_back_and_leaves_others_alone() -> None:
    group = Group.objects.get(name="Curator")
    group.permissions.add(Permission.objects.get(codename="manage_index"))
    group.permissions.remove(Permission.objects.get(codename="add_comment"))
    session = Permission.objects.get(codename="delete_session")
    group.permissions.add(session)
    own = Group.objects.create(name="Interns")
    own.permissions.add(Permission.objects.get(codename="add_comment"))
    call_command("migrate", verbosity=0)
    names = set(group.permissions.values_list("codename", flat=True))
    assert "manage_index" not in names and {"add_comment", "delete_session"} <= names
    assert own.permissions.count() == 1


def test_the_table_is_printed() -> None:
    text = said("roles")
    line = next(line for line in text.splitlines() if "catalog.add_source " in line)
    assert line.split()[1:] == ["-", "-", "yes", "yes"]
    assert "iiifsearch.manage_index" in text


def test_a_person_is_made_with_a_generated_password() -> None:
    text = said("person", "marta", "--role", "curator", "--generate")
    marta = User.objects.get(username="marta")
    assert marta.is_staff and not marta.is_superuser
    assert [group.name for group in marta.groups.all()] == ["Curator"]
    assert marta.check_password(text.split("the password is ")[1].split()[0])
    entry = LogEntry.objects.get()
    assert entry.user.get_username() == "command-line" and not entry.user.is_active
    assert (entry.object_id, entry.is_addition()) == (str(marta.pk), True)


def test_a_password_is_read_and_a_weak_one_refused(typed: Any) -> None:
    typed("12345678\n")
    with pytest.raises(CommandError, match=r"too common.*Nothing was changed"):
        said("person", "jan", "--role", "Reader")
    assert not User.objects.filter(username="jan").exists()
    typed(f"{PASSWORD}\n")
    assert PASSWORD not in said("person", "jan", "--role", "Reader")
    assert User.objects.get(username="jan").check_password(PASSWORD)


def test_a_person_who_is_known_gets_other_roles_and_keeps_the_password(typed: Any) -> None:
    typed(f"{PASSWORD}\n")
    said("person", "jan", "--role", "Reader")
    said("person", "jan", "--role", "Curator", "--role", "Harvester", "--by", "jan")
    jan = User.objects.get(username="jan")
    assert sorted(jan.groups.values_list("name", flat=True)) == ["Curator", "Harvester"]
    assert jan.check_password(PASSWORD)
    assert LogEntry.objects.first().user == jan  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["jan", "--role", "King"], "no role 'King'; there are Reader"),
        (["jan"], "--role Reader"),
        (["jan", "--forget-two-factor"], "Nobody is called 'jan'"),
        (["jan", "--role", "Reader", "--generate", "--by", "nobody"], "called 'nobody'"),
        (["a b", "--role", "Reader", "--generate"], "valid username"),
        (["command-line", "--role", "Reader"], "stands for commands"),
        (["j" * 200, "--role", "Reader", "--generate"], "at most 150"),
        (["jan", "--role", "Reader", "--generate", "--email", "nothing"], "valid email"),
    ],
)
def test_what_cannot_be_is_refused(command: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        said("person", *command)
    assert not User.objects.filter(is_active=True).exists()


def test_a_lost_phone_is_forgotten() -> None:
    user = User.objects.create_user("jan")
    device = second_factor.begin(user)
    device.confirmed = True
    device.save()
    second_factor.new_recovery_codes(user)
    assert "Two-factor login removed" in said("person", "jan", "--forget-two-factor")
    assert second_factor.device_of(user) is None
    assert second_factor.recovery_codes_left(user) == 0
    assert "Had no two-factor" in said("person", "jan", "--forget-two-factor")
