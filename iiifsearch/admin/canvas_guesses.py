"""What is guessed of a painting, and what was decided of it, on the painting's own page: the
catalogue knows nothing of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.admin import canvases
from catalog.models import Canvas
from iiifsearch.models import TagGuess

#: Guesses of a canvas that are shown: there are few that are open, and few get decided.
SHOWN = 60


class CanvasAdmin(canvases.CanvasAdmin):
    """Only looked at: `iiifsearch.admin.tag_views` is where guesses are decided."""

    readonly_fields = [*canvases.CanvasAdmin.readonly_fields, "guesses"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_fieldsets(request, obj)
        user = request.user
        may_see = user.has_perm("iiifsearch.view_tagguess")
        if not may_see and not user.has_perm("iiifsearch.change_tagguess"):
            return own
        return [*own, (_("What is guessed of it"), {"fields": ["guesses"]})]

    @admin.display(description=_("guessed tags"))
    def guesses(self, canvas: Canvas) -> SafeString:
        rows = TagGuess.objects.filter(canvas=canvas).select_related("decided_by")
        guesses = rows.order_by("kind", "-relevance", "pk")[:SHOWN]
        return render_to_string("admin/iiifsearch/canvas_guesses.html", {"guesses": guesses})


admin.site.unregister(Canvas)
admin.site.register(Canvas, CanvasAdmin)
