"""What the pages about pairs are sent: a verdict with its note, and a pair that nobody found."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Canvas, State, identity
from iiifsearch.models import Duplicate

#: Verdicts, in the order of their keys, 1 to 5.
VERDICTS = [choice for choice in Duplicate.Decision if choice != Duplicate.Decision.OPEN]
#: Characters.
LONGEST_NOTE = 2000


class _NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )


class VerdictForm(_NoteForm):
    """``was``: the verdict that the page showed, so that nobody overwrites one unseen."""

    verdict = forms.ChoiceField(choices=[("open", ""), *((v, v.label) for v in VERDICTS)])
    was = forms.CharField(required=False)


class AddPairForm(_NoteForm):
    """Two canvases that the look-out missed."""

    one = forms.CharField(
        label=_("One canvas"),
        max_length=2000,
        help_text=_("Its key, its number in this administration, or its URI."),
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    other = forms.CharField(
        label=_("The other one"),
        max_length=2000,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    verdict = forms.ChoiceField(label=_("Verdict"), choices=[(v, v.label) for v in VERDICTS])
    field_order = ["one", "other", "verdict", "note"]

    def clean_one(self) -> Canvas:
        return _canvas(self.cleaned_data["one"])

    def clean_other(self) -> Canvas:
        return _canvas(self.cleaned_data["other"])


def _canvas(named: str) -> Canvas:
    """Raises ValidationError."""
    by = Q(key=named) | Q(raw_id=named) | Q(uri=identity(named))
    if named.isascii() and named.isdecimal() and len(named) < 19:
        by |= Q(pk=int(named))
    found = list(Canvas.objects.exclude(state=State.WITHDRAWN).filter(by).only("title")[:2])
    if not found:
        raise ValidationError(gettext("No canvas is called so here; look it up among canvases."))
    if len(found) > 1:
        raise ValidationError(gettext("More than one canvas is called so: use its number."))
    return found[0]
