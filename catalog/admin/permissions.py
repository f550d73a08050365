"""What nobody may do by hand, whatever their permissions; and whose a collection is."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from catalog.models import Collection, State


class NotByHand:
    """What a harvest writes: neither added nor deleted here.

    What had a public URL is withdrawn, never deleted; so Django's deletion is out of the question.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NotByHand):
    """A record of what happened: only looked at. Who may change it may act on it, where the page
    has buttons for that."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_change(self, request: HttpRequest) -> bool:
        """Whether the permission is there that `has_change_permission` says nothing of."""
        meta = self.opts  # type: ignore[attr-defined]
        return request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}")


def may_edit(user: Any, collection: Collection | None = None) -> bool:
    """Whether ``user`` may change ``collection``, and what lies in it; None: any at all.

    One that names its curators is theirs alone, and of whoever may change every collection.
    """
    if not user.has_perm("catalog.change_collection"):
        return False
    if collection is None or user.has_perm("catalog.change_every_collection"):
        return True
    named = set(collection.curators.values_list("pk", flat=True))
    return not named or user.pk in named


def changeable(user: Any) -> QuerySet[Collection]:
    """The collections that `may_edit` says yes of."""
    everything = Collection.objects.all()
    if not user.has_perm("catalog.change_collection"):
        return everything.none()
    if user.has_perm("catalog.change_every_collection"):
        return everything
    return everything.filter(Q(curators=None) | Q(curators=user.pk)).distinct()


def editable(user: Any) -> QuerySet[Collection]:
    """The curated collections that ``user`` may change."""
    return changeable(user).filter(uri="").exclude(state=State.WITHDRAWN)


def may_publish(user: Any, collection: Collection | None = None) -> bool:
    """Whether ``user`` may make ``collection`` public, and take it back; None: any at all."""
    return user.has_perm("catalog.publish_collection") and may_edit(user, collection)
