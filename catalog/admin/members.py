"""Membership of canvases in curated collections: editing, ordering, and adding many at once."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import change_url, link, list_url, thumbnail
from catalog.admin.pages import asked_first
from catalog.models import Canvas, Collection, CollectionCanvas, State, permanent_key


def last_position(collection: Collection) -> int:
    """The position of the last canvas in ``collection``; -1 where there is none."""
    members = CollectionCanvas.objects.filter(collection=collection)
    last = members.aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


def plain_choice(field: Any) -> Any:
    """A choice without the buttons that add, change and delete what is chosen."""
    for name in ("add", "change", "delete", "view"):
        if hasattr(field, "widget") and hasattr(field.widget, f"can_{name}_related"):
            setattr(field.widget, f"can_{name}_related", False)
    return field


class _OfCollection:
    """Whoever may change collections may change what lies in them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.change_collection")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.change_collection")

    has_delete_permission = has_change_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return user.has_perm("catalog.change_collection") or user.has_perm(
            "catalog.view_collection"
        )

    @admin.display(description="")
    def small(self, member: CollectionCanvas) -> SafeString:
        picture = getattr(member.canvas, "picture", None)
        return thumbnail(member.canvas_id if picture and picture.sha256 else None)

    @admin.display(description=_("canvas"))
    def painting(self, member: CollectionCanvas) -> SafeString:
        return link(change_url(Canvas, member.canvas_id), str(member.canvas))


class MemberInline(_OfCollection, admin.TabularInline):
    """The members there are. The canvas is text: a field to choose it would ask once a row."""

    model = CollectionCanvas
    verbose_name_plural = _("canvases")
    fields = ["small", "painting", "position"]
    readonly_fields = ["small", "painting"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectionCanvas]:
        return super().get_queryset(request).select_related("canvas__picture")


class AddMemberForm(forms.ModelForm):
    position = forms.IntegerField(
        required=False,
        min_value=0,
        widget=forms.NumberInput(attrs={"placeholder": _("at the end")}),
    )

    class Meta:
        model = CollectionCanvas
        fields = ["canvas", "position"]


class AddMemberFormSet(forms.BaseInlineFormSet):
    """A canvas is in a collection once: Django's inlines leave such constraints unchecked."""

    def clean(self) -> None:
        super().clean()
        chosen: dict[int, forms.ModelForm] = {}
        for form in self.forms:
            data = getattr(form, "cleaned_data", None) or {}
            canvas = data.get("canvas")
            if canvas is None or data.get("DELETE"):
                continue
            if canvas.pk in chosen:
                form.add_error("canvas", gettext("This canvas is chosen twice."))
            chosen[canvas.pk] = form
        members = CollectionCanvas.objects.filter(collection=self.instance.pk, canvas__in=chosen)
        for pk in members.values_list("canvas_id", flat=True):
            chosen[pk].add_error("canvas", gettext("This canvas is in the collection already."))


class AddMemberInline(_OfCollection, admin.TabularInline):
    """Rows for new members alone; on the same table as the inline above."""

    model = CollectionCanvas
    verbose_name = _("canvas")
    verbose_name_plural = _("add canvases")
    form = AddMemberForm
    formset = AddMemberFormSet
    fields = ["canvas", "position"]
    autocomplete_fields = ["canvas"]
    extra = 1

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectionCanvas]:
        return super().get_queryset(request).none()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs))


@admin.register(CollectionCanvas)
class MemberAdmin(_OfCollection, admin.ModelAdmin):
    """The members of one large collection, reached from its page: page by page."""

    list_display = ["small", "painting", "collection", "position"]
    list_display_links = None
    list_editable = ["position"]
    list_select_related = ["canvas__picture", "collection"]
    list_per_page = 100
    search_fields = ["canvas__title", "canvas__maker"]
    ordering = ["collection", "position", "id"]
    fields = ["painting", "collection", "position"]
    readonly_fields = ["painting", "collection"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"title": gettext("Canvases in collections")} | (extra_context or {})
        return super().changelist_view(request, extra)


# -- adding many at once -----------------------------------------------------------------------


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

    def __init__(self, *args: Any, may_create: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        curated = Collection.objects.filter(uri="").exclude(state=State.WITHDRAWN)
        choice: Any = self.fields["collection"]
        choice.queryset = curated
        if not may_create:
            del self.fields["title"]
            choice.required, choice.empty_label = True, gettext("choose one")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("collection")) == bool(data.get("title")) and not self.errors:
            raise forms.ValidationError(
                gettext("Choose a collection, or give a new one its title.")
            )
        return data


@transaction.atomic
def add_canvases(collection: Collection, canvases: QuerySet[Canvas]) -> int:
    """Put ``canvases`` after those that are in the collection already; how many are new to it."""
    Collection.objects.select_for_update().get(pk=collection.pk)  # two curators take turns
    members = CollectionCanvas.objects.filter(collection=collection)
    known = set(members.values_list("canvas_id", flat=True))
    chosen = dict.fromkeys(canvases.values_list("pk", flat=True))
    new = [pk for pk in chosen if pk not in known]
    CollectionCanvas.objects.bulk_create(
        [
            CollectionCanvas(canvas_id=pk, collection=collection, position=position)
            for position, pk in enumerate(new, last_position(collection) + 1)
        ],
        batch_size=5000,
    )
    return len(new)


class AddToCollection(admin.ModelAdmin):
    """The action on the list of canvases, with the page between that asks for the collection."""

    def has_collect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_collection")

    @admin.action(description=_("Add to collection…"), permissions=["collect"])
    def add_to_collection(
        self, request: HttpRequest, queryset: QuerySet[Canvas]
    ) -> HttpResponse | None:
        may_create = request.user.has_perm("catalog.add_collection")
        asked = "chosen" in request.POST
        form = ChooseCollectionForm(request.POST if asked else None, may_create=may_create)
        if asked and form.is_valid():
            collection = form.cleaned_data["collection"] or Collection.objects.create(
                title=form.cleaned_data["title"],
                key=permanent_key("collection", uuid.uuid4().hex),
                state=State.DRAFT,
            )
            count = add_canvases(collection, queryset)
            self.log_change(request, collection, f"Added {count} canvases.")
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
