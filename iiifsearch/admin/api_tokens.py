"""Tokens for the REST API: a person's own, and, for administrators, who has one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from iiifsearch import tokens
from iiifsearch.admin.own_pages import page
from iiifsearch.conf import options
from iiifsearch.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Who has tokens, and revoking them: nobody makes or reads one in another's name."""

    list_display = ["name", "user", "created_at", "used_at"]
    list_select_related = ["user"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name", "user__username"]
    sortable_by = ()
    fields = ["name", "user", "created_at", "used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"),
        max_length=tokens.LONGEST_NAME,
        widget=forms.TextInput(attrs={"placeholder": _("nightly harvest")}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_tokens(request: HttpRequest) -> HttpResponse:
    """GET: one's own tokens. POST: make one (``name``), which is shown once, or revoke one
    (``revoke``, its id)."""
    user = cast(User, request.user)
    form = TokenForm()
    made = ""
    if request.method == "POST" and "revoke" in request.POST:
        return _revoke(request, user)
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            try:
                made = tokens.make(user, form.cleaned_data["name"])
                form = TokenForm()
            except tokens.TooManyTokens as error:
                form.add_error(None, str(error))
    context = {
        "form": form,
        "made": made,
        "own": ApiToken.objects.filter(user=user)[: tokens.MOST],
        "example": f"{options.public_url}/api/runs/",
    }
    return page(request, "admin/iiifsearch/tokens.html", gettext("Your API tokens"), **context)


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    asked = request.POST["revoke"]
    known = asked.isascii() and asked.isdecimal() and len(asked) < 19
    token = tokens.revoke(user, int(asked)) if known else None
    if token is None:
        messages.warning(request, gettext("You have no such token: it may be revoked already."))
    else:
        text = gettext("The token “%(name)s” is revoked.")
        messages.success(request, text % {"name": token.name})
    return redirect("admin_tokens")
