"""Collections: those of the sources, and those that curators put together."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.display import external_link, list_url, published_link
from catalog.admin.members import AddMemberInline, MemberInline, last_position, plain_choice
from catalog.admin.publication import Publication
from catalog.models import (
    Collection,
    CollectionCanvas,
    CollectionManifest,
    Manifest,
    State,
    permanent_key,
)

MANIFESTS_SHOWN = 100
#: Members that are edited on the collection's page; more are a list of their own, for a form
#: with very many fields is refused by Django.
MEMBERS_IN_FORM = 100


class OriginFilter(admin.SimpleListFilter):
    title = _("origin")
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("curated", "curated"), ("harvested", "harvested")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        match self.value():
            case "curated":
                return queryset.filter(uri="")
            case "harvested":
                return queryset.exclude(uri="")
        return None


class CollectionForm(forms.ModelForm):
    class Meta:
        model = Collection
        fields = ["title", "state", "parent", "teaches"]
        widgets = {"title": forms.TextInput(attrs={"class": "vLargeTextField"})}

    def clean_parent(self) -> Collection | None:
        """No collection lies in itself, however many others lie between."""
        parent: Collection | None = self.cleaned_data["parent"]
        above, seen = parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(gettext("This collection would lie in itself."))
            seen.add(above.pk)
            above = above.parent
        return parent


def _count_of(model: type[CollectionCanvas] | type[CollectionManifest]) -> Coalesce:
    members = model._default_manager.filter(collection=OuterRef("pk")).order_by()
    return Coalesce(Subquery(members.values("collection").annotate(n=Count("pk")).values("n")), 0)


@admin.register(Collection)
class CollectionAdmin(Publication):
    form = CollectionForm
    list_display = ["title", "origin", "state_pill", "parent", "manifests", "canvases"]
    list_display += ["modified_at"]
    list_filter = ["state", OriginFilter]
    list_select_related = ["parent"]
    list_per_page = 50
    search_fields = ["title"]
    autocomplete_fields = ["parent"]
    readonly_fields = ["origin", "published_at", "uri_link", "held", "members"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        counts = {"n_canvases": CollectionCanvas, "n_manifests": CollectionManifest}
        annotations = {name: _count_of(model) for name, model in counts.items()}  # type: ignore[arg-type]
        return super().get_queryset(request).annotate(**annotations)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["title", "state", "parent", "teaches"]
        if obj.harvested:
            own = ["title", "state", "parent", "published_at", "origin", "uri_link"]
        else:
            own = ["title", "state", "parent", "teaches", "published_at"]
        if obj.n_manifests:
            own.append("held")
        return [*own, "members"] if obj.n_canvases > MEMBERS_IN_FORM else own

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the source says of its collection is not edited: a harvest says it again."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "title", "parent") if obj is not None and obj.harvested else fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [AddMemberInline]
        if obj.harvested:
            return []
        if obj.n_canvases > MEMBERS_IN_FORM:
            return [AddMemberInline]
        return [MemberInline, AddMemberInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is or may have been public keeps its URL: only a curated draft can be deleted."""
        if obj is not None and (obj.harvested or obj.state != State.DRAFT):
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # asks per model, not per collection
        return actions

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.key = permanent_key("collection", uuid.uuid4().hex)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Canvases that were given no position follow the others."""
        members = formset.save(commit=False)
        last = last_position(formset.instance)
        for member in members:
            if member.position is None:
                last += 1
                member.position = last
            member.save()
        for member in formset.deleted_objects:
            member.delete()

    @admin.display(description=_("origin"))
    def origin(self, collection: Collection) -> str:
        return gettext("harvested") if collection.harvested else gettext("curated")

    @admin.display(description=_("manifests"))
    def manifests(self, collection: Any) -> int:
        return collection.n_manifests

    @admin.display(description=_("canvases"))
    def canvases(self, collection: Any) -> int:
        return collection.n_canvases

    @admin.display(description=_("published as"))
    def published_at(self, collection: Collection) -> SafeString | str:
        if collection.state != State.PUBLISHED:
            return gettext("Not published.")
        return published_link("collection", collection.key)

    @admin.display(description=_("id"))
    def uri_link(self, collection: Collection) -> SafeString:
        return external_link(collection.uri)

    @admin.display(description=_("manifests"))
    def held(self, collection: Any) -> SafeString:
        rows = Manifest.objects.filter(collectionmanifest__collection=collection)
        context = {
            "manifests": rows.order_by("collectionmanifest__position").only(
                "title", "uri", "state"
            )[:MANIFESTS_SHOWN],
            "count": collection.n_manifests,
            "all_url": list_url(Manifest, collectionmanifest__collection__id__exact=collection.pk),
        }
        return render_to_string("admin/catalog/collection/manifests.html", context)

    @admin.display(description=_("canvases"))
    def members(self, collection: Any) -> SafeString:
        url = list_url(CollectionCanvas, collection__id__exact=collection.pk)
        text = gettext("Order or remove its %(n)d canvases")
        return external_link(url, text % {"n": collection.n_canvases})
