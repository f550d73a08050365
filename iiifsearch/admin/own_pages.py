"""Pages of the admin that belong to no model: one way to show them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def page(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    """``template``, which extends ``admin/iiifsearch/page.html``, with what all pages show."""
    own = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(request, template, {**own, **context})
