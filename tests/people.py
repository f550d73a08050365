"""Who is signed in."""

from __future__ import annotations

from itertools import count

from django.contrib.auth.models import Permission, User
from django.test import Client

_numbers = count(1)


def signed_in(*codenames: str, staff: bool = False) -> Client:
    """Somebody with these permissions ("view_canvas"), and no others."""
    user = User.objects.create_user(f"person{next(_numbers)}", is_staff=staff)
    found = Permission.objects.filter(codename__in=codenames)
    assert found.count() == len(codenames)
    user.user_permissions.set(found)
    client = Client()
    client.force_login(user)
    return client


def person_of(client: Client) -> User:
    """Who is signed in there."""
    return User.objects.get(pk=client.session["_auth_user_id"])
