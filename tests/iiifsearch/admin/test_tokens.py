"""Tokens for the REST API: made, shown once, used, revoked."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from iiifsearch import tokens
from iiifsearch.models import ApiToken
from tests.people import signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/token/"


def asked(token: str) -> int:
    header = {"Authorization": f"Token {token}"}
    return Client().get("/api/runs/", headers=header).status_code


def test_a_token_is_made_shown_once_used_and_revoked() -> None:
    client = signed_in("view_harvestrun", staff=True)
    page = client.post(PAGE, {"name": "nightly"}).content.decode()
    found = re.search(r'class="secret">(iiifsearch_[\w-]{43})<', page)
    assert found is not None
    text = found[1]
    assert text not in client.get(PAGE).content.decode()
    row = ApiToken.objects.get()
    assert row.digest != text and text not in str(LogEntry.objects.values())
    assert asked(text) == 200
    row.refresh_from_db()
    assert row.used_at is not None
    client.post(PAGE, {"revoke": str(row.pk)})
    assert asked(text) == 403
    flags = list(LogEntry.objects.order_by("pk").values_list("action_flag", flat=True))
    assert flags == [1, 3]


def test_what_is_stored_opens_nothing() -> None:
    user = User.objects.create_superuser("root")
    tokens.make(user, "one")
    assert asked(ApiToken.objects.get().digest) == 403


@pytest.mark.parametrize("text", ["", "nonsense", "iiifsearch_", "x" * 5000])
def test_nonsense_is_no_token(text: str) -> None:
    assert asked(text) == 403


def test_who_may_not_sign_in_has_no_token() -> None:
    user = User.objects.create_superuser("root")
    text = tokens.make(user, "one")
    User.objects.update(is_active=False)
    assert asked(text) == 403


def test_that_it_was_used_is_written_once_an_hour() -> None:
    user = User.objects.create_superuser("root")
    text = tokens.make(user, "one")
    tokens.find(text)
    first = ApiToken.objects.get().used_at
    tokens.find(text)
    assert ApiToken.objects.get().used_at == first
    ApiToken.objects.update(used_at=timezone.now() - timedelta(hours=2))
    tokens.find(text)
    assert ApiToken.objects.get().used_at > first  # type: ignore[operator]


def test_nobody_revokes_anothers_by_that_page() -> None:
    tokens.make(User.objects.create_user("jan"), "jan's")
    client = signed_in(staff=True)
    for asked_for in (str(ApiToken.objects.get().pk), "nonsense", "9" * 30, "\0", "²"):
        assert client.post(PAGE, {"revoke": asked_for})["Location"] == PAGE
    assert ApiToken.objects.count() == 1


def test_there_are_not_too_many() -> None:
    client = signed_in(staff=True)
    for number in range(tokens.MOST):
        client.post(PAGE, {"name": f"no. {number}"})
    page = client.post(PAGE, {"name": "one more"}).content.decode()
    assert "Revoke one that is no longer used" in page
    assert ApiToken.objects.count() == tokens.MOST


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\0b"])
def test_a_token_needs_a_name(name: str) -> None:
    client = signed_in(staff=True)
    assert b"errorlist" in client.post(PAGE, {"name": name}).content
    assert not ApiToken.objects.exists()


def test_it_takes_the_staff_and_a_csrf_token() -> None:
    assert signed_in().get(PAGE)["Location"].startswith("/admin/login/")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    assert client.post(PAGE, {"name": "one"}).status_code == 403


def test_administrators_see_who_has_one_and_revoke_it() -> None:
    text = tokens.make(User.objects.create_superuser("jan"), "nightly")
    row = ApiToken.objects.get()
    client = signed_in("view_apitoken", "delete_apitoken", staff=True)
    page = client.get("/admin/iiifsearch/apitoken/").content.decode()
    assert "nightly" in page and "jan" in page and row.digest not in page
    client.post(f"/admin/iiifsearch/apitoken/{row.pk}/delete/", {"post": "yes"})
    assert asked(text) == 403
    assert LogEntry.objects.first().is_deletion()  # type: ignore[union-attr]


def test_tokens_of_before_stay_good() -> None:
    """Django REST framework kept them as they are."""
    user = User.objects.create_superuser("root")
    old = "0123456789abcdef0123456789abcdef01234567"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE authtoken_token (key varchar(40), created timestamptz, user_id int)"
        )
        cursor.execute("INSERT INTO authtoken_token VALUES (%s, now(), %s)", [old, user.pk])
        migration = importlib.import_module("iiifsearch.migrations.0009_oversight")
        cursor.execute(migration.KEEP_TOKENS)
    assert asked(old) == 200
