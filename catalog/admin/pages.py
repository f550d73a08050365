"""Pages that more than one admin has: of one row, and of an action that asks before it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.admin.display import shortened


class OwnTitle(admin.ModelAdmin):
    """The page of a row has the row's name as its heading, where Django says "Change host"."""

    def title_of(self, row: Any) -> str:
        return shortened(str(row), 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        own = {"title": self.title_of(row), "subtitle": None} if row is not None else {}
        return super().change_view(request, object_id, form_url, {**own, **(extra_context or {})})


def asked_first(
    of: admin.ModelAdmin, request: HttpRequest, template: str, **context: Any
) -> TemplateResponse:
    """The page of an action that has to know more: its form is sent for the same rows again.
    ``template`` extends ``admin/catalog/action.html``."""
    across = request.POST.get("select_across") == "1"
    own = {
        **of.admin_site.each_context(request),
        "opts": of.opts,
        "across": across,
        # With "select all" the list's own filters say which; one id stands for them.
        "selected": request.POST.getlist("_selected_action")[: 1 if across else None],
    }
    return TemplateResponse(request, template, {**own, **context})
