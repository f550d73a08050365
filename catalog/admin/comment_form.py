"""The form in which a comment is written in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import comment_values
from catalog.comment_values import CommentProblem
from catalog.models import Canvas, Comment, State

#: What the form asks for, by the names that `catalog.commenting.write` has.
ASKED = ("text", "format", "motivation", "language", "rights", "label", "state", "region")


class CommentForm(forms.ModelForm):
    """A comment as its author fills it in. ``canvas``: what it is about, set by the page."""

    canvas: Canvas | None = None

    text = forms.CharField(
        label=_("Text"), widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"})
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=comment_values.FORMATS.items,
        initial=comment_values.PLAIN,
        help_text=_("HTML: links, bold, italic and line breaks; everything else is taken out."),
    )
    motivation = forms.ChoiceField(
        label=_("Motivation"),
        choices=comment_values.MOTIVATIONS.items,
        initial="commenting",
        help_text=_("What the comment does, in the words of the Web Annotation Vocabulary."),
    )
    state = forms.ChoiceField(
        label=_("State"), choices=comment_values.STATES.items, initial=State.PUBLISHED
    )

    class Meta:
        model = Comment
        fields = ["motivation", "language", "rights", "label", "state", "x", "y", "w", "h"]
        widgets = {
            "language": forms.TextInput(attrs={"size": 8, "placeholder": "en"}),
            "rights": forms.URLInput(attrs={"class": "vURLField"}),
            "label": forms.TextInput(attrs={"class": "vTextField"}),
            **{
                name: forms.NumberInput(attrs={"class": "number", "min": least})
                for name, least in {"x": 0, "y": 0, "w": 1, "h": 1}.items()
            },
        }
        labels = {"x": _("Left"), "y": _("Top"), "w": _("Width"), "h": _("Height")}
        labels |= {"language": _("Language"), "label": _("Heading")}
        help_texts = {
            "language": _("A language tag (BCP 47), such as en, de or pt-BR. It chooses how words "
                          "are found."),
            "rights": _("The address of a licence, such as "
                        "https://creativecommons.org/licenses/by/4.0/. Empty: that of the "
                        "painting."),
            "label": _("Shown above the text. Empty: the painting's title."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            said = comment_values.values_of(self.instance)
            self.initial.update({name: said[name] for name in ("text", "format")})

    def clean(self) -> dict[str, Any]:
        """Whether the service would take it. A problem of a region is told at its first number."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        box = [data.get(name) for name in "xywh"]
        if any(name in self.errors for name in "xywh"):
            return data
        if None in box and any(value is not None for value in box):
            text = gettext("Give all four numbers, or none of them for the whole painting.")
            self.add_error("x", text)
            return data
        data["region"] = None if None in box else tuple(box)
        within = comment_values.size_of(self.canvas) if self.canvas else None
        # What is missing has been told already; one that says nothing is told once.
        said = {"text": " "} | {name: data[name] for name in ASKED if name in data}
        try:
            comment_values.checked(**said, within=within)
        except CommentProblem as error:
            for name, problem in error.problems.items():
                if name not in self.errors:
                    self.add_error("x" if name == "region" else name, problem)
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What was changed, by the names that `commenting.write` has."""
        changed = {"region" if name in ("x", "y", "w", "h") else name for name in self.changed_data}
        if changed & {"text", "format"}:
            changed |= {"text", "format"}
        return {name: self.cleaned_data[name] for name in ASKED if name in changed}
