"""What the admin's front page shows above the list of models."""

from __future__ import annotations

from typing import Any

from django import template

from iiifsearch.admin.needs import needs_of
from iiifsearch.conf import options

register = template.Library()


@register.inclusion_tag("admin/iiifsearch/_needs.html", takes_context=True)
def needs_you(context: dict[str, Any]) -> dict[str, Any]:
    """What waits for a person, what is under way, and the room it takes."""
    return {"needs": needs_of(context["request"].user)}


@register.simple_tag
def two_factor_offered() -> bool:
    """Whether people may sign in with a code."""
    return options.two_factor != "off"
