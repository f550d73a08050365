"""Comments: what the sources say, and what curators add in their own words."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import change_url, link, list_url, pill
from catalog.admin.permissions import ReadOnly
from catalog.admin.publication import EDITABLE_STATES
from catalog.models import Canvas, Comment, permanent_key
from catalog.signals import canvases_changed, changes_made

#: Texts of one canvas that its page shows; all of them are in the list of comments.
TEXTS_SHOWN = 60

LARGEST_INTEGER = 2**31 - 1


@transaction.atomic
def texts_changed(canvas_id: int) -> None:
    """Raise the text revision, in the transaction of the change, and wake whoever listens."""
    Canvas.objects.filter(pk=canvas_id).update(text_revision=F("text_revision") + 1)
    canvases_changed.send(sender=Comment, canvas_ids={canvas_id})
    transaction.on_commit(lambda: changes_made.send(sender=Comment) and None)


@transaction.atomic
def save_comments(formset: forms.BaseInlineFormSet, *, author: Any) -> None:
    """Store what a curator wrote about one canvas, so that it becomes searchable."""
    canvas: Canvas = formset.instance
    comments = formset.save(commit=False)
    for comment in comments:
        if comment.pk is None:
            comment.key = permanent_key("comment", canvas.uri, uuid.uuid4().hex)
            comment.origin = Comment.Origin.CURATOR
            comment.author = author
            comment.creator = author.get_full_name() or author.get_username()
            comment.created = timezone.now()
        comment.save()
    for comment in formset.deleted_objects:
        comment.delete()
    if comments or formset.deleted_objects:
        texts_changed(canvas.pk)


def said_of(canvas: Canvas) -> SafeString:
    """A table of what was harvested, with its regions and where it was said."""
    harvested = Comment.objects.filter(canvas=canvas).exclude(origin=Comment.Origin.CURATOR)
    context = {
        "comments": harvested.select_related("manifest").defer("manifest__raw")[:TEXTS_SHOWN],
        "count": harvested.count(),
        "all_url": list_url(Comment, canvas__id__exact=canvas.pk),
    }
    return render_to_string("admin/catalog/canvas/comments.html", context)


class RegionFormSet(forms.BaseInlineFormSet):
    """Comments of one canvas: a region is whole, and lies on the canvas."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            data = getattr(form, "cleaned_data", None) or {}
            if data.get("DELETE") or any(name in form.errors for name in "xywh"):
                continue
            if problem := self._problem([data.get(name) for name in "xywh"]):
                form.add_error("x", problem)

    def _problem(self, box: list[int | None]) -> str:
        if all(number is None for number in box):
            return ""
        x, y, w, h = box
        if x is None or y is None or w is None or h is None:
            return gettext("Give x, y, width and height, or none of them for the whole canvas.")
        if not w or not h:
            return gettext("Width and height are greater than 0.")
        right = self.instance.width or LARGEST_INTEGER
        bottom = self.instance.height or LARGEST_INTEGER
        if x + w > right or y + h > bottom:
            text = gettext("The region leaves the canvas, which is %(width)d × %(height)d units.")
            return text % {"width": right, "height": bottom}
        return ""


class CuratorCommentInline(admin.TabularInline):
    model = Comment
    formset = RegionFormSet
    verbose_name = _("curator's comment")
    verbose_name_plural = _("Curators' comments (x, y, w, h: a region in canvas units, or nothing)")
    fields = ["body", "language", "x", "y", "w", "h", "state", "author"]
    readonly_fields = ["author"]
    extra = 1
    # A form of a few hundred comments would pass Django's limit of fields.
    max_num = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        own = super().get_queryset(request).filter(origin=Comment.Origin.CURATOR)
        return own.select_related("author")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "body":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "cols": 36})
        elif db_field.name == "language":
            kwargs["widget"] = forms.TextInput(attrs={"size": 3, "placeholder": "en"})
        elif db_field.name in ("x", "y", "w", "h"):
            kwargs["widget"] = forms.NumberInput(attrs={"class": "number", "min": 0})
        elif db_field.name == "state":
            kwargs["choices"] = EDITABLE_STATES
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:  # a table's heads are no labels to a screen reader
            field.widget.attrs.setdefault("aria-label", field.label)
        return field


@admin.register(Comment)
class CommentAdmin(ReadOnly, admin.ModelAdmin):
    """All texts, to be looked through; those of curators are edited on the canvas's page."""

    list_display = ["text", "origin", "label", "language", "state_pill", "painting", "author"]
    list_filter = ["origin", "state"]
    list_select_related = ["canvas", "author"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["body"]
    sortable_by = ()
    fields = [
        *("painting", "manifest", "origin", "state", "motivation", "label", "body", "language"),
        *("creator", "author", "created", "region", "source_id", "key"),
    ]
    readonly_fields = ["painting", "region"]

    @admin.display(description=_("text"))
    def text(self, comment: Comment) -> str:
        return Truncator(comment.body).chars(160)

    @admin.display(description=_("state"))
    def state_pill(self, comment: Comment) -> SafeString:
        return pill(comment.state, comment.get_state_display())

    @admin.display(description=_("canvas"))
    def painting(self, comment: Comment) -> SafeString:
        return link(change_url(Canvas, comment.canvas_id), str(comment.canvas))

    @admin.display(description=_("region"))
    def region(self, comment: Comment) -> str:
        if comment.w is None:
            return gettext("the whole canvas")
        return f"{comment.x},{comment.y},{comment.w},{comment.h}"
