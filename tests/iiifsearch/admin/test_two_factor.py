"""Signing in with a code: setting up an app, its codes, recovery codes, and who is let in."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from iiifsearch import second_factor
from iiifsearch.checks import check_options
from iiifsearch.tokens import make

pytestmark = pytest.mark.django_db

PAGE = "/admin/two-factor/"
PASSWORD = "velvet harbour 93 lantern"


@pytest.fixture
def mode(settings: Any) -> Callable[[str], None]:
    def choose(value: str) -> None:
        settings.IIIFSEARCH = {**settings.IIIFSEARCH, "two_factor": value}

    choose("offered")
    return choose


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("marta", password=PASSWORD)


def code_now(secret: bytes, steps: int = 0) -> str:
    totp = TOTP(secret)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def sign_in(code: str = "", password: str = PASSWORD) -> tuple[Client, Any]:
    client = Client()
    sent = {"username": "marta", "password": password, "code": code, "next": "/admin/"}
    return client, client.post("/admin/login/", sent)


def set_up(client: Client) -> tuple[bytes, list[str]]:
    """Set up an app as a person does, by what the page shows; the secret and recovery codes."""
    assert client.post(PAGE, {"do": "begin"})["Location"] == PAGE
    page = client.get(PAGE).content.decode()
    text = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert text is not None and "<svg" in page
    secret = base64.b32decode(text[1].replace(" ", ""))
    # One step back, so that the code of this moment is still good for signing in.
    done = client.post(PAGE, {"do": "confirm", "code": code_now(secret, -1)})
    codes = re.findall(r"<li><code>([a-z2-7]{8})</code>", done.content.decode())
    assert len(codes) == len(set(codes)) == 10
    return secret, codes


def is_in(client: Client) -> bool:
    return client.get("/admin/catalog/canvas/").status_code == 200


def test_off_asks_nothing_and_shows_nothing(user: User) -> None:
    client, answer = sign_in()
    assert answer["Location"] == "/admin/" and is_in(client)
    assert client.get(PAGE).status_code == 403
    assert 'name="code"' not in Client().get("/admin/login/").content.decode()


def test_offered_leaves_people_without_an_app_alone(mode: Any, user: User) -> None:
    client, _ = sign_in()
    assert is_in(client)
    assert b"Set up an app" in client.get(PAGE).content


def test_with_an_app_a_code_is_needed(mode: Any, user: User) -> None:
    first, _ = sign_in()
    elsewhere, _ = sign_in()
    secret, _ = set_up(first)
    assert is_in(first)
    assert not is_in(elsewhere)  # where nobody gave a code
    client, answer = sign_in()
    assert b"Write the code that your app shows" in answer.content and not is_in(client)
    client, answer = sign_in(code_now(secret))
    assert answer["Location"] == "/admin/" and is_in(client)
    said = list(LogEntry.objects.values_list("change_message", flat=True))
    assert said == ["Two-factor login set up."]


def test_a_code_is_good_once_and_guessing_takes_longer(mode: Any, user: User) -> None:
    first, _ = sign_in()
    secret, codes = set_up(first)
    code = code_now(secret)
    assert is_in(sign_in(code)[0])
    client, answer = sign_in(code)
    assert b"was used before" in answer.content and not is_in(client)
    client, answer = sign_in(code_now(secret, 1))
    assert b"Too many wrong codes" in answer.content and not is_in(client)
    assert is_in(sign_in(codes[0])[0])  # a recovery code is another device


def test_a_recovery_code_is_good_once(mode: Any, user: User) -> None:
    first, _ = sign_in()
    _, codes = set_up(first)
    assert is_in(sign_in(f" {codes[0].upper()} ")[0])
    client, answer = sign_in(codes[0])
    assert not is_in(client) and b"was used before" in answer.content
    assert second_factor.recovery_codes_left(user) == 9


@pytest.mark.parametrize("code", ["000000", "zz\0zz", "１２３４５６", "x" * 40, "-1", "1e5"])
def test_nonsense_is_no_code(mode: Any, user: User, code: str) -> None:
    first, _ = sign_in()
    set_up(first)
    client, answer = sign_in(code)
    assert answer.status_code == 200 and not is_in(client)


def test_a_wrong_password_tells_nothing_of_codes(mode: Any, user: User) -> None:
    first, _ = sign_in()
    set_up(first)
    _, answer = sign_in("123456", password="wrong")
    assert b"correct username and password" in answer.content
    assert not TOTPDevice.objects.get(confirmed=True).throttling_failure_count


def test_required_lets_nobody_in_before_an_app_is_set_up(mode: Any, user: User) -> None:
    mode("required")
    client, answer = sign_in()
    assert answer["Location"] == "/admin/" and not is_in(client)
    assert client.get("/api/runs/").status_code in (401, 403)
    followed = client.get("/admin/", follow=True)
    assert followed.redirect_chain[-1][0] == PAGE
    assert b"Before you go on, marta" in followed.content
    secret, _ = set_up(client)
    assert is_in(client) and client.get("/api/runs/").status_code == 200
    other, _ = sign_in(code_now(secret))
    assert is_in(other)


def test_required_never_lets_who_has_an_app_set_up_another_by_password_alone(
    mode: Any, user: User
) -> None:
    mode("required")
    first, _ = sign_in()
    set_up(first)
    thief = Client()
    thief.force_login(user)  # a session of a password alone
    assert thief.get(PAGE)["Location"].startswith("/admin/login/")
    assert thief.post(PAGE, {"do": "begin"})["Location"].startswith("/admin/login/")
    assert not TOTPDevice.objects.filter(confirmed=False).exists()


def test_required_asks_nothing_of_tokens(mode: Any, user: User) -> None:
    mode("required")
    header = {"Authorization": f"Token {make(user, 'nightly')}"}
    assert Client().get("/api/runs/", headers=header).status_code == 200


def test_removing_takes_the_password(mode: Any, user: User) -> None:
    client, _ = sign_in()
    set_up(client)
    answer = client.post(PAGE, {"do": "remove", "password": "wrong"})
    assert b"not your password" in answer.content and second_factor.device_of(user)
    client.post(PAGE, {"do": "remove", "password": PASSWORD})
    assert second_factor.device_of(user) is None
    assert second_factor.recovery_codes_left(user) == 0
    assert is_in(sign_in()[0])


def test_new_recovery_codes_replace_the_old(mode: Any, user: User) -> None:
    client, _ = sign_in()
    _, old = set_up(client)
    answer = client.post(PAGE, {"do": "codes", "password": PASSWORD})
    new = re.findall(r"<li><code>([a-z2-7]{8})</code>", answer.content.decode())
    assert len(new) == 10 and not set(new) & set(old)
    assert not is_in(sign_in(old[0])[0])


def test_a_wrong_code_confirms_nothing(mode: Any, user: User) -> None:
    client, _ = sign_in()
    client.post(PAGE, {"do": "begin"})
    answer = client.post(PAGE, {"do": "confirm", "code": "000000"})
    assert b"not the code" in answer.content and second_factor.device_of(user) is None


def test_setting_up_needs_a_csrf_token(mode: Any, user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(PAGE, {"do": "begin"}).status_code == 403


def test_visitors_are_asked_nothing(mode: Any, django_assert_num_queries: Any) -> None:
    mode("required")
    with django_assert_num_queries(0):
        assert Client().get("/health/live").status_code == 200


def test_devices_are_nobody_elses_to_see(user: User) -> None:
    client = Client()
    client.force_login(user)
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404


def test_an_unknown_mode_is_told(mode: Any, settings: Any) -> None:
    mode("always")
    (found,) = check_options()
    assert found.id == "iiifsearch.E007" and "'offered'" in str(found.hint)
    mode("offered")
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "otp" not in name]
    (found,) = check_options()
    assert found.id == "iiifsearch.E008" and "OTPMiddleware" in str(found.hint)
