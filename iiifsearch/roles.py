"""Four roles, declared here and made in the database as groups whenever it is migrated.

What a role may is said here and nowhere else: a permission that somebody adds to one of these
groups, or takes from it, is as it was after the next migration. Who wants other roles makes groups
of other names; these are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

#: Apps whose permissions roles hand out; others' permissions in these groups are left alone.
APPS = ("catalog", "iiifsearch", "admin", "auth", "procrastinate")


@dataclass(frozen=True)
class Role:
    """``everything_of``: apps of which it may do all. ``seen_of``: apps of which it sees all.
    ``may``: what it may besides, as "app.codename"."""

    name: str
    what: Any
    may: frozenset[str] = frozenset()
    seen_of: tuple[str, ...] = ("catalog", "iiifsearch", "procrastinate")
    everything_of: tuple[str, ...] = ()

    def permissions(self) -> Any:
        """Those of its permissions that this installation knows."""
        wanted = Q(content_type__app_label__in=self.everything_of)
        seen = Q(content_type__app_label__in=self.seen_of, codename__startswith="view_")
        wanted |= seen & ~Q(codename__in=_NOT_FOR_ALL)
        for name in self.may:
            app, codename = name.split(".")
            wanted |= Q(content_type__app_label=app, codename=codename)
        return Permission.objects.filter(wanted, content_type__app_label__in=APPS)


#: Who has a token is for administrators.
_NOT_FOR_ALL = ("view_apitoken",)
#: What everybody may who is let in: see all of it, and who changed what.
_SEE = frozenset({"admin.view_logentry"})

READER = Role("Reader", _("sees everything in the admin, and changes nothing"), _SEE)
CURATOR = Role(
    "Curator",
    _("makes collections and comments, publishes and withdraws, decides on what is suggested"),
    _SEE
    | {
        *("catalog.add_collection", "catalog.change_collection", "catalog.delete_collection"),
        *("catalog.publish_collection",),
        *("catalog.add_comment", "catalog.change_comment", "catalog.delete_comment"),
        *("catalog.change_manifest", "catalog.change_canvas"),
        *("catalog.withdraw_manifest", "catalog.withdraw_canvas"),
        *("iiifsearch.add_duplicate", "iiifsearch.change_duplicate"),
        "iiifsearch.change_tagguess",
        *("iiifsearch.add_notofclass", "iiifsearch.delete_notofclass"),
    },
)
HARVESTER = Role(
    "Harvester",
    _("adds sources, runs harvests, sets how hosts are asked, has pictures and features made"),
    _SEE
    | {
        *("catalog.add_source", "catalog.change_source", "catalog.change_harvestrun"),
        *("catalog.add_host", "catalog.change_host", "catalog.change_picture"),
        "iiifsearch.change_seen",
    },
)
ADMINISTRATOR = Role(
    "Administrator",
    _("does all of it, looks after the index, people and their roles"),
    _SEE,
    everything_of=("catalog", "iiifsearch", "auth"),
)
ROLES = (READER, CURATOR, HARVESTER, ADMINISTRATOR)


class UnknownRole(LookupError):
    """There is no role of that name; the message says which there are."""


def role_called(name: str) -> Role:
    """The role of that name, however it is capitalised. Raises UnknownRole."""
    for role in ROLES:
        if role.name.lower() == name.lower():
            return role
    known = ", ".join(role.name for role in ROLES)
    raise UnknownRole(f"There is no role {name!r}; there are {known}.")


def group_of(role: Role) -> Group:
    """The group that people of the role are in."""
    return Group.objects.get_or_create(name=role.name)[0]


def make_roles(sender: AppConfig, **kwargs: Any) -> None:
    """Make the groups, and give them what is declared here: after every migration."""
    database = kwargs.get("using", "default")
    for label in APPS:
        if apps.is_installed(_module_of(label)):
            # Django makes the permissions of apps that come after ours only after this.
            create_permissions(apps.get_app_config(label), verbosity=0, using=database)
    for role in ROLES:
        group = group_of(role)
        wanted = set(role.permissions().values_list("pk", flat=True))
        ours = group.permissions.filter(content_type__app_label__in=APPS)
        group.permissions.remove(*ours.exclude(pk__in=wanted))
        group.permissions.add(*wanted)


def _module_of(label: str) -> str:
    try:
        return apps.get_app_config(label).name
    except LookupError:
        return label


def table() -> list[tuple[str, str, list[bool]]]:
    """Every permission that roles hand out, but for those that only see: "app.codename", what it
    is called, and whether each of `ROLES` has it."""
    held = {role.name: set(role.permissions().values_list("pk", flat=True)) for role in ROLES}
    rows = Permission.objects.filter(pk__in=set().union(*held.values()))
    rows = rows.exclude(codename__startswith="view_").select_related("content_type")
    return [
        (
            f"{row.content_type.app_label}.{row.codename}",
            row.name,
            [row.pk in held[role.name] for role in ROLES],
        )
        for row in rows.order_by("content_type__app_label", "content_type__model", "codename")
    ]
