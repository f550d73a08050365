"""The form in which a curator writes a rule: a field for each condition, all of which must hold."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection, Manifest
from iiifsearch.api.asked import published
from iiifsearch.records import urls
from iiifsearch.rules.rule import MOST_ALIKE, MOST_EXAMPLES, BadRule, Rule

_WIDE = {"class": "vTextField", "autocomplete": "off"}
#: Of the key of a painting, or of the address of its page.
_LONGEST_ADDRESS = 2000


def _text(label: Any, told: Any, *, length: int = 300, **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attrs=_WIDE | attributes)
    return forms.CharField(
        label=label, help_text=told, max_length=length, required=False, widget=widget
    )


def _number(label: Any, told: Any, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=told, min_value=least, max_value=most, required=False
    )


class RuleForm(forms.Form):
    """``rule``, once it is valid: what it says."""

    maker = _text(_("Maker"), _("All these words stand in the maker’s name."))
    object_type = _text(_("Type of work"), _("All these words stand in the type of work."))
    first = _number(_("From the year"), _("It was made in this year or later."), -9999, 9999)
    last = _number(_("To the year"), _("It was made in this year or before."), -9999, 9999)
    rights = _text(
        _("Rights"),
        _(
            "“public-domain”, “open” (also CC BY and CC BY-SA), or how the URI of its rights "
            "begins."
        ),
        list="rights-groups",
    )
    within = _text(
        _("In"),
        _("It is in this published collection or manifest: its key, its address here or its URI."),
        length=_LONGEST_ADDRESS,
        list="sources",
    )
    tag = _text(_("Tag"), _("A tag, or a row of its metadata, says exactly this."), length=60)
    label = _text(_("Label of the tag"), _("That row or tag is called so, such as Technique."))
    words = _text(
        _("Words"),
        _(
            "All these words stand in its title, metadata or comments; quotation marks keep words "
            "together, a minus excludes."
        ),
    )
    like = forms.CharField(
        label=_("Like"),
        help_text=_(
            "Of what meets all of the above, only what is like these paintings: their keys or the "
            "addresses of their pages, one a line."
        ),
        required=False,
        max_length=MOST_EXAMPLES * _LONGEST_ADDRESS,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )
    least = _number(
        _("At least alike"),
        _("In percent: 100 is the same picture, 50 is what one stranger in a thousand reaches."),
        0,
        100,
    )
    most = _number(_("At most"), _("So many of the likest are taken."), 1, MOST_ALIKE)

    rule: Rule

    def clean_within(self) -> tuple[str, str]:
        """Field of the rule, and key."""
        sent = self.cleaned_data["within"].strip()
        key = _last_of_path(sent)
        for text in (sent, key) if sent else ():
            if (pk := published(Collection, urls().collection, text)) is not None:
                return "collection", Collection.objects.values_list("key", flat=True).get(pk=pk)
            if (pk := published(Manifest, urls().manifest, text)) is not None:
                return "manifest", Manifest.objects.values_list("key", flat=True).get(pk=pk)
        if sent:
            none = gettext("No collection and no manifest “%(text)s” is published here.")
            raise forms.ValidationError(none % {"text": sent[:80]})
        return "", ""

    def clean_like(self) -> tuple[str, ...]:
        lines = self.cleaned_data["like"].split()
        return tuple(dict.fromkeys(_last_of_path(line) for line in lines))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        said = {name: value for name, value in data.items() if value not in (None, "")}
        name, key = said.pop("within")
        try:
            self.rule = Rule(**said, **({name: key} if name else {}))
        except BadRule as error:
            self.add_error(error.about if error.about in self.fields else None, str(error))
        return data


def initial(rule: Rule) -> dict[str, Any]:
    """What the form shows of a rule."""
    plain = {name: getattr(rule, name) for name in RuleForm.base_fields if name != "within"}
    within = rule.collection or rule.manifest
    return plain | {"within": within, "like": "\n".join(rule.like)}


def _last_of_path(text: str) -> str:
    """The key in the address of a page of ours; a key as it is."""
    try:
        path = urlsplit(text).path.rstrip("/")
    except ValueError:
        return text
    return re.sub(r"^.*/", "", path)
