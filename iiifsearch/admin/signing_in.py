"""Signing in to the admin: password, and a code where the person has set up an app."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog import journal
from iiifsearch import second_factor
from iiifsearch.admin.own_pages import page
from iiifsearch.conf import options


class SignInForm(AdminAuthenticationForm):
    """Django's, with a field for the code. It is asked of everybody alike: who has none leaves it
    empty."""

    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
        help_text=_("From your app, or a recovery code. Empty, if you have set up none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if options.two_factor == "off":
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        user: Any = self.get_user()
        if user is not None and "code" in self.fields:
            try:
                user.otp_device = second_factor.verify(user, data.get("code", ""))
            except second_factor.NotVerified as error:
                raise forms.ValidationError(str(error), code="code") from error
        return data


@sensitive_post_parameters("password", "code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def two_factor(request: HttpRequest) -> HttpResponse:
    """Set up an app, confirm it by a code, have new recovery codes, or remove it all.

    POST ``do``: begin, confirm (``code``), codes or remove (``password``). For whoever is signed
    in to the admin; and for who must set up an app before that.
    """
    if options.two_factor == "off":
        raise PermissionDenied
    person: Any = second_factor.enrolling(request)
    if person is None and not (request.user.is_authenticated and request.user.is_staff):
        return redirect("admin:login")
    user = cast(User, person or request.user)
    shown: dict[str, Any] = {}
    if request.method == "POST":
        try:
            answer = _do(request, user, shown)
        except second_factor.NotVerified as error:
            shown["problem"] = str(error)
        else:
            if answer is not None:
                return answer
    begun = second_factor.begun(user)
    context = {
        "device": second_factor.device_of(user),
        "left": second_factor.recovery_codes_left(user),
        "required": options.two_factor == "required",
        "begun": begun,
        "secret": begun and second_factor.secret_of(begun),
        "qr": begun and _qr(second_factor.address_of(begun)),
        "person": user,
        **shown,
    }
    title = gettext("Signing in with a code")
    return page(request, "admin/iiifsearch/two_factor.html", title, **context)


def _do(request: HttpRequest, user: User, shown: dict[str, Any]) -> HttpResponse | None:
    """What was asked for; where to go then, or None: the page shows the rest."""
    match request.POST.get("do"):
        case "begin":
            second_factor.begin(user)
        case "confirm":
            device = second_factor.confirm(user, request.POST.get("code", ""))
            # This session has just shown what others are asked for when they sign in.
            request.session.cycle_key()
            request.session["otp_device_id"] = device.persistent_id
            shown["codes"] = second_factor.new_recovery_codes(user)
            journal.note(user, user, "Two-factor login set up.")
            return None
        case "codes":
            _check_password(request, user)
            if second_factor.device_of(user) is None:
                return redirect("admin_two_factor")
            shown["codes"] = second_factor.new_recovery_codes(user)
            journal.note(user, user, "New recovery codes made.")
            return None
        case "remove":
            _check_password(request, user)
            if second_factor.forget(user):
                journal.note(user, user, "Two-factor login removed.")
    return redirect("admin_two_factor")


def _check_password(request: HttpRequest, user: User) -> None:
    if not user.check_password(request.POST.get("password", "")):
        raise second_factor.NotVerified(gettext("This is not your password."))


def _qr(address: str) -> SafeString:
    """As SVG, dark on light in every theme: so cameras read it."""
    import segno

    svg = segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff")
    return mark_safe(svg)  # noqa: S308 - of numbers, by segno
