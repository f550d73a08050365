"""Collections: those of the sources, and those that curators put together."""

from __future__ import annotations

from collections.abc import Sequence
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

from catalog import collecting
from catalog.admin.collection_form import CollectionForm
from catalog.admin.display import EMPTY, external_link, list_url, moment, published_link, thumbnail
from catalog.admin.languages import described
from catalog.admin.members import plain_choice
from catalog.admin.order import Ordering
from catalog.admin.permissions import changeable, editable, may_edit, may_publish
from catalog.admin.publication import Publication
from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    CollectionManifest,
    Manifest,
    Picture,
    State,
)

MANIFESTS_SHOWN = 100
MEMBERS_SHOWN = 12
VERSIONS_SHOWN = 20
#: What of a collection the one that it is in shows too.
_SHOWN_ABOVE = {"label", "state", "parent"}


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


def _count_of(model: type[CollectionCanvas] | type[CollectionManifest]) -> Coalesce:
    members = model._default_manager.filter(collection=OuterRef("pk")).order_by()
    return Coalesce(Subquery(members.values("collection").annotate(n=Count("pk")).values("n")), 0)


@admin.register(Collection)
class CollectionAdmin(Ordering, Publication):
    """What is in a collection is changed on the page of its order (`catalog.admin.order`)."""

    form = CollectionForm
    list_display = ["title", "origin", "state_pill", "since", "parent", "manifests", "canvases"]
    list_display += ["modified_at"]
    list_filter = ["state", OriginFilter]
    list_select_related = ["parent", "published_by"]
    list_per_page = 50
    search_fields = ["title"]
    autocomplete_fields = ["parent"]
    readonly_fields = [
        *("origin", "published_as", "since", "uri_link", "held", "cover_shown", "members"),
        *("texts", "versions"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        counts = {"n_canvases": CollectionCanvas, "n_manifests": CollectionManifest}
        annotations = {name: _count_of(model) for name, model in counts.items()}  # type: ignore[arg-type]
        return super().get_queryset(request).annotate(**annotations)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """As a choice of the parent: those alone that it may be put into."""
        if request.GET.get("field_name") == "parent":
            queryset = queryset.filter(pk__in=editable(request.user).values("pk"))
        return super().get_search_results(request, queryset, search_term)

    # -- who may -------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request.user, obj)

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_publish(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is or may have been public keeps its URL: only a curated draft can be deleted."""
        if obj is not None and (obj.harvested or obj.state != State.DRAFT):
            return False
        return super().has_delete_permission(request, obj) and may_edit(request.user, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # asks per model, not per collection
        return actions

    # -- the form ------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        # Django keeps fields that the form itself declares, whatever the page shows.
        for name in {*form.declared_fields} - {*self.get_fields(request, obj)}:
            del form.base_fields[name]
        form.user = request.user
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"state": State.DRAFT} | super().get_changeform_initial_data(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "curators":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        every = request.user.has_perm("catalog.change_every_collection")
        curators = ["curators"] if every else []
        if obj is None:
            state = ["state"] if self.has_publish_permission(request) else []
            return ["label", "summary", "rights", *state, "parent", *curators, "teaches"]
        held = ["held"] if obj.n_manifests else []
        public = ["published_as", "since"]
        if obj.harvested:
            return ["texts", "state", "parent", *public, "origin", "uri_link", *curators, *held]
        said = ["label", "summary", "rights"]
        if not self.has_change_permission(request, obj):
            said = ["texts", "rights"]
        own = ["members", "cover_shown", *held, "state", *public, "parent", *curators, "teaches"]
        return [*said, *own, "versions"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the source says of its collection is not edited: a harvest says it again."""
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and not self.has_publish_permission(request, obj):
            fields = (*fields, "state")
        return (*fields, "parent") if obj is not None and obj.harvested else fields

    # -- saving --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A save writes changed fields only; see `Publication`."""
        changed = {name for name in form.changed_data if name in form.fields}
        entered = obj.parent_id if "parent" in changed or not change else None
        obj.above = {obj.parent_id, form.initial.get("parent")} if changed & _SHOWN_ABOVE else ()
        rows = collecting.lock([obj.pk, *obj.above])
        obj.public_before = change and rows[obj.pk].state == State.PUBLISHED
        if entered is not None:
            obj.position = collecting.last_place(entered)
            changed.add("position")
        if not change:
            obj.key = collecting.new_key()
            if "state" not in form.fields:
                obj.state = State.DRAFT
        if "state" in changed and (obj.state == State.PUBLISHED) != obj.public_before:
            self._set(obj, changed, collecting.since(obj.state, request.user))
        if not change:
            obj.save()
            return
        if "label" in changed:
            changed.add("title")
        columns = {field.name for field in self.opts.concrete_fields}
        if changed:
            obj.save(update_fields=[*(changed & columns), "modified_at"])

    @staticmethod
    def _set(obj: Any, changed: set[str], values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(obj, name, value)
            changed.add(name)

    # -- publishing ----------------------------------------------------------------------------

    def _locked(self, queryset: QuerySet) -> list[Any]:
        """Together with those that list them; whole, for their documents are made of them."""
        ids = dict(queryset.values_list("pk", "parent_id"))
        rows = collecting.lock([*ids, *ids.values()])
        return [rows[pk] for pk in sorted(ids)]

    def _with_state(self, request: HttpRequest, state: State) -> dict[str, Any]:
        return collecting.since(state, request.user)

    def _set_state(self, request: HttpRequest, queryset: QuerySet, state: State) -> None:
        mine = queryset.filter(pk__in=changeable(request.user).values("pk"))
        left = queryset.count() - mine.count()
        super()._set_state(request, mine, state)
        if left:
            text = gettext("%(n)d belong to other curators: left as they are.")
            self.message_user(request, text % {"n": left}, "WARNING")

    def announce(self, request: HttpRequest, rows: Sequence[Any], *, public_before: bool) -> None:
        above = {pk for row in rows for pk in getattr(row, "above", [row.parent_id])}
        collecting.changed(rows, by=request.user, public_before=public_before, above=above)

    # -- what is shown -------------------------------------------------------------------------

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
    def published_as(self, collection: Collection) -> SafeString | str:
        if collection.state != State.PUBLISHED:
            return gettext("Not published.")
        return published_link("collection", collection.key)

    @admin.display(description=_("public since"), ordering="published_at")
    def since(self, collection: Collection) -> str:
        if collection.state != State.PUBLISHED or collection.published_at is None:
            return EMPTY
        if collection.published_by is None:
            return moment(collection.published_at)
        text = gettext("%(time)s, by %(person)s")
        person = collection.published_by.get_username()
        return text % {"time": moment(collection.published_at), "person": person}

    @admin.display(description=_("id"))
    def uri_link(self, collection: Collection) -> SafeString:
        return external_link(collection.uri)

    @admin.display(description=_("texts"))
    def texts(self, collection: Collection) -> SafeString:
        maps = [(gettext("Title"), collection.label or {"none": [collection.title]})]
        maps.append((gettext("Description"), collection.summary))
        return render_to_string("admin/catalog/texts.html", {"rows": described(maps)})

    @admin.display(description=_("cover"))
    def cover_shown(self, collection: Collection) -> SafeString | str:
        if collection.cover_id is None:
            return gettext("Its first painting.")
        kept = Picture.objects.filter(canvas=collection.cover_id).exclude(sha256="")
        return thumbnail(collection.cover_id if kept.exists() else None)

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

    @admin.display(description=_("paintings"))
    def members(self, collection: Any) -> SafeString:
        rows = Canvas.objects.filter(collectioncanvas__collection=collection)
        ordered = rows.order_by("collectioncanvas__position", "collectioncanvas__pk")
        context = {
            "collection": collection,
            "canvases": ordered.select_related("picture")[:MEMBERS_SHOWN],
            "count": collection.n_canvases,
        }
        return render_to_string("admin/catalog/collection/members.html", context)

    @admin.display(description=_("versions"))
    def versions(self, collection: Collection) -> SafeString | str:
        """As it was published: when, and by whom. In public the dates alone are told."""
        kept = collection.versions.order_by("-number").defer("document").select_related("by")
        rows = [
            (
                version,
                published_link("collection_version", collection.key, version.number),
                moment(version.at),
            )
            for version in kept[:VERSIONS_SHOWN]
        ]
        if not rows:
            return gettext("It has not been published yet.")
        context = {"rows": rows, "newest": rows[0][0].number}
        return render_to_string("admin/catalog/collection/versions.html", context)
