"""Tokens by which programs use the REST API in a person's name: made, found and revoked.

A token is shown once, when it is made; what is kept is its SHA-256 (`ApiToken`). A token is 256
random bits, so that a plain hash is enough.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog import journal
from iiifsearch.models import ApiToken

#: Tokens that one person may have.
MOST = 20
LONGEST_NAME = 100
#: That a token is used is written down this often.
_USED_EVERY = timedelta(hours=1)


class TooManyTokens(Exception):
    """The person has as many as may be; the message says what to do."""


@transaction.atomic
def make(user: Any, name: str) -> str:
    """A new token, as its owner has to keep it. Raises TooManyTokens."""
    get_user_model()._default_manager.select_for_update().get(
        pk=user.pk
    )  # two at a time take turns
    if ApiToken.objects.filter(user=user).count() >= MOST:
        raise TooManyTokens(f"You have {MOST} tokens. Revoke one that is no longer used.")
    text = f"iiifsearch_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(user=user, name=name[:LONGEST_NAME], digest=digest(text))
    journal.note(user, token, "API token made.", flag=journal.ADDED)
    return text


@transaction.atomic
def revoke(user: Any, pk: int) -> ApiToken | None:
    """Let a token of the person's own be good for nothing; None where there is none of theirs."""
    token = ApiToken.objects.filter(user=user, pk=pk).first()
    if token is not None:
        journal.note(user, token, "API token revoked.", flag=journal.DELETED)
        token.delete()
    return token


def find(text: str) -> ApiToken | None:
    """The token that reads so, of somebody who may sign in; noted as used."""
    token = ApiToken.objects.select_related("user").filter(digest=digest(text)).first()
    if token is None or not token.user.is_active:
        return None
    now = timezone.now()
    long_ago = Q(used_at=None) | Q(used_at__lt=now - _USED_EVERY)
    ApiToken.objects.filter(long_ago, pk=token.pk).update(used_at=now)
    return token


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
