"""Withdrawing in the admin: a page that says what goes and asks for the reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import withdrawal
from catalog.admin.pages import asked_first
from catalog.models import State

#: Things that the page names; of more it says how many.
NAMED = 20


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Kept for good, with your name and today's date. It is not shown in public."),
        error_messages={"required": _("Say why: people will ask, years from now.")},
    )


class Withdrawal(admin.ModelAdmin):
    """The actions "Withdraw…" and its undoing, for those who have the permission."""

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        name = self.opts.model_name
        return request.user.has_perm(f"{self.opts.app_label}.withdraw_{name}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A tombstone is only looked at: nothing is written or commented on it."""
        if obj is not None and obj.state == State.WITHDRAWN:
            return False
        return super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        withdrawn = obj is not None and obj.state == State.WITHDRAWN
        return [] if withdrawn else super().get_inlines(request, obj)

    @admin.action(description=_("Withdraw…"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        things = list(self._chosen(queryset).exclude(state=State.WITHDRAWN))
        if not things:
            self.message_user(
                request, gettext("All of them are withdrawn already."), messages.WARNING
            )
            return None
        confirmed = request.POST.get("confirmed") == "yes"
        form = ReasonForm(request.POST if confirmed else None)
        if confirmed and form.is_valid():
            with transaction.atomic():
                for thing in things:
                    self._withdraw(thing, form.cleaned_data["reason"], request.user)
            self.message_user(
                request,
                gettext("%(things)s withdrawn.") % {"things": self._name(len(things))},
                messages.SUCCESS,
            )
            return HttpResponseRedirect(request.get_full_path())
        return asked_first(
            self,
            request,
            "admin/catalog/withdraw.html",
            title=gettext("Withdraw %(things)s") % {"things": self._name(len(things))},
            form=form,
            things=things[:NAMED],
            more=max(0, len(things) - NAMED),
            removal=withdrawal.removal_of(things),
        )

    @admin.action(description=_("Lift the withdrawal (back as draft)"), permissions=["withdraw"])
    def restore(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        things = list(self._chosen(queryset).filter(state=State.WITHDRAWN))
        with transaction.atomic():
            for thing in things:
                withdrawal.restore(thing, user=request.user)
        back = gettext("%(things)s back as draft: harvest again, look, and publish.")
        text = back % {"things": self._name(len(things))}
        self.message_user(request, text, messages.SUCCESS if things else messages.WARNING)

    def _chosen(self, queryset: models.QuerySet) -> models.QuerySet:
        """The same rows without what lists are annotated with, and without their JSON."""
        names = ("key", "uri", "raw_id", "title", "state", "state_reason")
        chosen = self.model._default_manager.filter(pk__in=queryset.values("pk"))
        return chosen.only(*names).order_by("pk")

    def _withdraw(self, thing: Any, reason: str, user: Any) -> None:
        if self.opts.model_name == "manifest":
            withdrawal.withdraw_manifest(thing, reason=reason, user=user)
        else:
            withdrawal.withdraw_canvas(thing, reason=reason, user=user)

    def _name(self, count: int) -> str:
        name = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
        return f"{count} {name}"
