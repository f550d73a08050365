"""Codes of an app (TOTP, RFC 6238) as a second factor, when people sign in to the admin.

``IIIFSEARCH["two_factor"]`` is "off", "offered" (who has set it up needs a code) or "required"
(everybody on the staff does). It holds for sessions, in the admin and over REST alike: until a code
was given, who signed in by password alone is nobody. Tokens are a factor of their own.

Devices are those of django-otp, which also makes whoever guesses wait longer after each wrong code.
Its models are imported late: a project without it has our apps too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from iiifsearch.conf import options

if TYPE_CHECKING:
    from django_otp.plugins.otp_totp.models import TOTPDevice

MODES = ("off", "offered", "required")
PLUGINS = ("django_otp.plugins.otp_totp", "django_otp.plugins.otp_static")
MIDDLEWARE = (
    "django_otp.middleware.OTPMiddleware",
    "iiifsearch.second_factor.SecondFactorMiddleware",
)

#: Recovery codes that are made at a time; each is good for one sign-in.
RECOVERY_CODES = 10
_DIGITS = 6


class NotVerified(Exception):
    """No code, or a wrong one; the message says what to do."""


class SecondFactorMiddleware:
    """Takes who needs a code and gave none for nobody; after django-otp's own middleware.

    ``request.half_signed_in``: who that was, for the page on which an app is set up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if options.two_factor != "off":
            user = request.user
            request.user = SimpleLazyObject(lambda: _let_in(request, user))  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        """Who must set up an app is shown where, in place of the form to sign in again."""
        match = request.resolver_match
        if options.two_factor == "required" and match and match.view_name == "admin:login":
            person = enrolling(request)
            if person is not None and request.method == "GET":
                return redirect("admin_two_factor")
        return None


def _let_in(request: HttpRequest, user: Any) -> Any:
    if not (user.is_authenticated and user.is_staff) or user.is_verified():
        return user
    if options.two_factor == "offered" and device_of(user) is None:
        return user
    request.half_signed_in = user  # type: ignore[attr-defined]
    return AnonymousUser()


def enrolling(request: HttpRequest) -> Any | None:
    """Who signed in by password, must have an app, and has set up none yet."""
    if request.user.is_authenticated:
        return None
    user = getattr(request, "half_signed_in", None)
    return user if user is not None and device_of(user) is None else None


def device_of(user: Any) -> TOTPDevice | None:
    """The app that the person has set up."""
    return _devices(user, confirmed=True).first()


def begun(user: Any) -> TOTPDevice | None:
    """The app that the person is about to set up."""
    return _devices(user, confirmed=False).first()


def _devices(user: Any, *, confirmed: bool) -> Any:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=confirmed).order_by("pk")


@transaction.atomic
def begin(user: Any) -> TOTPDevice:
    """A new secret, which counts once a code of it was given (`confirm`)."""
    _devices(user, confirmed=False).delete()
    return _devices(user, confirmed=False).create(user_id=user.pk, name="app", confirmed=False)


def secret_of(device: TOTPDevice) -> str:
    """As it is typed into an app: base 32, in groups of four."""
    import base64

    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_of(device: TOTPDevice) -> str:
    """``otpauth://…``, as it stands in the QR code."""
    issuer, name = options.site_name, device.user.get_username()
    label = quote(f"{issuer}:{name}", safe="")
    told = {"secret": secret_of(device).replace(" ", ""), "issuer": issuer, "digits": _DIGITS}
    return f"otpauth://totp/{label}?{urlencode(told, quote_via=quote)}"


def confirm(user: Any, code: str) -> TOTPDevice:
    """Let the app that was begun count from now on, in the place of another. Raises NotVerified."""
    with transaction.atomic():
        device = _devices(user, confirmed=False).select_for_update().first()
        good = device is not None and device.verify_token(_plain(code))
        if good:
            _devices(user, confirmed=True).delete()
            device.confirmed = True
            device.save(update_fields=["confirmed"])
    if not good:
        raise NotVerified(gettext("This is not the code that the app shows now."))
    return device


@transaction.atomic
def new_recovery_codes(user: Any) -> list[str]:
    """Ten codes, in the place of those there were."""
    from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

    StaticDevice.objects.filter(user_id=user.pk).delete()
    device = StaticDevice.objects.create(user_id=user.pk, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    device.token_set.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return codes


def recovery_codes_left(user: Any) -> int:
    from django_otp.plugins.otp_static.models import StaticToken

    return StaticToken.objects.filter(device__user_id=user.pk).count()


@transaction.atomic
def forget(user: Any) -> bool:
    """Remove app and recovery codes; whether there was an app."""
    from django_otp.plugins.otp_static.models import StaticDevice

    found = device_of(user) is not None
    for confirmed in (True, False):
        _devices(user, confirmed=confirmed).delete()
    StaticDevice.objects.filter(user_id=user.pk).delete()
    return found


def verify(user: Any, code: str) -> Any:
    """The device of ``user`` whose code this is; None where the person has set up none.

    What has six digits is a code of the app, anything else one of the recovery codes: so a wrong
    one counts against one of them only. Raises NotVerified.
    """
    if options.two_factor == "off" or device_of(user) is None:
        return None
    code = _plain(code)
    if not code:
        raise NotVerified(gettext("Write the code that your app shows, or a recovery code."))
    with transaction.atomic():
        device = _device_for(user, code)
        allowed = device is not None and device.verify_is_allowed()[0]
        good = allowed and device.verify_token(code)
    if device is not None and not allowed:
        raise NotVerified(gettext("Too many wrong codes. Wait a moment, and try again."))
    if not good:
        raise NotVerified(gettext("This code is not right, or was used before."))
    return device


def _device_for(user: Any, code: str) -> Any:
    from django_otp.plugins.otp_static.models import StaticDevice

    if len(code) == _DIGITS and code.isdecimal():
        return _devices(user, confirmed=True).select_for_update().first()
    return StaticDevice.objects.filter(user_id=user.pk).select_for_update().first()


def _plain(code: str) -> str:
    """Without blanks, as apps show it with some."""
    text = "".join(code.split()).lower()
    return text if text.isascii() and text.isalnum() and len(text) <= 16 else text and "-"
