"""Adding many canvases to a curated collection at once, from their list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import collecting
from catalog.admin.display import change_url, list_url
from catalog.admin.pages import asked_first
from catalog.admin.permissions import editable, may_edit
from catalog.models import Canvas, Collection


def plain_choice(field: Any) -> Any:
    """A choice without the buttons that add, change and delete what is chosen."""
    for name in ("add", "change", "delete", "view"):
        if hasattr(field, "widget") and hasattr(field.widget, f"can_{name}_related"):
            setattr(field.widget, f"can_{name}_related", False)
    return field


class ChooseCollectionForm(forms.Form):
    """An existing collection, or the title of a new one."""

    collection = forms.ModelChoiceField(
        Collection.objects.none(), required=False, empty_label=_("a new one:"), label="Collection"
    )
    title = forms.CharField(
        max_length=500,
        required=False,
        label=_("Title of the new one"),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["collection"]
        choice.queryset = editable(user)
        if not user.has_perm("catalog.add_collection"):
            del self.fields["title"]
            choice.required, choice.empty_label = True, gettext("choose one")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("collection")) == bool(data.get("title")) and not self.errors:
            raise forms.ValidationError(
                gettext("Choose a collection, or give a new one its title.")
            )
        return data


class AddToCollection(admin.ModelAdmin):
    """The action on the list of canvases, with the page between that asks for the collection."""

    def has_collect_permission(self, request: HttpRequest) -> bool:
        return may_edit(request.user)

    @admin.action(description=_("Add to collection…"), permissions=["collect"])
    def add_to_collection(
        self, request: HttpRequest, queryset: QuerySet[Canvas]
    ) -> HttpResponse | None:
        asked = "chosen" in request.POST
        form = ChooseCollectionForm(request.POST if asked else None, user=request.user)
        if asked and form.is_valid():
            with transaction.atomic():
                collection = form.cleaned_data["collection"] or collecting.create(
                    form.cleaned_data["title"], by=request.user
                )
                ids = queryset.values_list("pk", flat=True)
                count = collecting.add(collection, ids, by=request.user)
            added = ngettext(
                "%(n)d canvas added to %(title)s.", "%(n)d canvases added to %(title)s.", count
            )
            text = added % {"n": count, "title": collection.title}
            self.message_user(request, text, messages.SUCCESS)
            if request.user.has_perm("catalog.view_collection"):
                return HttpResponseRedirect(change_url(Collection, collection.pk))
            return HttpResponseRedirect(list_url(Canvas))
        return asked_first(
            self,
            request,
            "admin/catalog/canvas/add_to_collection.html",
            title=gettext("Add to a collection"),
            form=form,
            count=queryset.count(),
            shown=queryset[:12],
        )
