"""What nobody may do by hand, whatever their permissions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


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
