"""What is edited of a collection: its texts, its rights, its place, and whose it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.languages import LanguageMapField
from catalog.admin.permissions import editable
from catalog.conf import options
from catalog.iiif.language import NONE, best
from catalog.models import Collection
from catalog.rights import COMMON, canonical

LONGEST_TITLE = 1000
LONGEST_DESCRIPTION = 20_000


class RightsInput(forms.TextInput):
    """A URI, with the common ones to choose from."""

    template_name = "admin/catalog/rights_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        own = {"list": f"{name}-common", "class": "vLargeTextField", "inputmode": "url"}
        context = super().get_context(name, value, {**own, **(attrs or {})})
        return context | {"common": COMMON, "list_id": f"{name}-common"}


class RightsField(forms.CharField):
    """Cleans to a rights URI as `catalog.rights` spells it; "" where nothing is said."""

    widget = RightsInput

    def clean(self, value: Any) -> str:
        uri: str = super().clean(value)
        if not uri:
            return ""
        try:
            return canonical(uri)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class CollectionForm(forms.ModelForm):
    """``user``: who fills it in; set on the class that is made for a request."""

    user: Any = None

    label = LanguageMapField(
        label=_("Title"),
        longest=LONGEST_TITLE,
        help_text=_(
            "In as many languages as you like: the language (en, fr, pt-BR), and the text."
        ),
        error_messages={"required": _("A title is wanted, in one language at least.")},
    )
    summary = LanguageMapField(
        label=_("Description"), required=False, longest=LONGEST_DESCRIPTION, lines=3
    )
    rights = RightsField(
        label=_("Rights"),
        required=False,
        help_text=_(
            "Of the collection and its texts, not of the paintings. A URI: choose one, or paste "
            "another."
        ),
    )

    class Meta:
        model = Collection
        fields = ["label", "summary", "rights", "state", "parent", "curators", "teaches"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.label and self.instance.title:
            first = options.languages[0] if options.languages else NONE
            self.initial["label"] = {first: [self.instance.title]}
        if "curators" in self.fields:
            choice: Any = self.fields["curators"]
            staff = Q(is_staff=True, is_active=True)
            named = Q(pk__in=[user.pk for user in self.initial.get("curators") or []])
            choice.queryset = get_user_model()._default_manager.filter(staff | named)

    def clean_parent(self) -> Collection | None:
        """No collection lies in itself, however many others lie between; and who puts it
        elsewhere changes what both places show."""
        parent: Collection | None = self.cleaned_data["parent"]
        above, seen = parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(gettext("This collection would lie in itself."))
            seen.add(above.pk)
            above = above.parent
        before = self.initial.get("parent")
        after = parent.pk if parent else None
        left_or_entered = {pk for pk in (before, after) if pk is not None}
        if before != after and left_or_entered:
            mine = set(
                editable(self.user).filter(pk__in=left_or_entered).values_list("pk", flat=True)
            )
            if left_or_entered - mine:
                raise forms.ValidationError(
                    gettext(
                        "Only who may change a collection can put others into it, or take them "
                        "out; and one that was harvested or withdrawn takes none."
                    )
                )
        return parent

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("label"):
            self.instance.title = best(data["label"], options.languages)
        return data
