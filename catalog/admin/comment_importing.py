"""The page "Import comments": a file, then what would become of it, then doing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import comment_values, uploads
from catalog.admin.display import list_url, number
from catalog.comment_files import COLUMNS, MOST_BYTES, MOST_ROWS, BadFile
from catalog.comment_import import WORDS, Defaults, Outcome, Plan, carry_out, plan, report
from catalog.comment_values import CommentProblem
from catalog.kept import StorageError
from catalog.models import Comment, State

#: Lines of each kind that the preview shows; the report has all.
LINES_SHOWN = 50
SHOWN_FIRST = (
    *(Outcome.UNMATCHED, Outcome.AMBIGUOUS, Outcome.REFUSED, Outcome.EDITED, Outcome.REPEATED),
    *(Outcome.CHANGED, Outcome.NEW),
)
_SALT = "catalog.comment_importing"


class ImportForm(forms.Form):
    file = forms.FileField(label=_("File"))
    layout = forms.ChoiceField(
        label=_("Layout"),
        choices=[("csv", _("CSV with a header")), ("semart", _("table of SemArt"))],
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_(
            "What the file is called here. Corrected rows find what they said before by their "
            "id within the source: give the same name when the file comes again."
        ),
    )
    language = forms.CharField(
        label=_("Language"),
        required=False,
        widget=forms.TextInput(attrs={"size": 8, "placeholder": "en"}),
        help_text=_("A language tag (BCP 47), for rows that name none."),
    )
    motivation = forms.ChoiceField(
        label=_("Motivation"),
        choices=comment_values.MOTIVATIONS.items,
        initial="describing",
        help_text=_("For rows that name none."),
    )
    rights = forms.CharField(
        label=_("Licence"),
        required=False,
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text=_("The address of a licence, for rows that name none."),
    )
    creator = forms.CharField(
        label=_("Said by"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("For rows that name nobody. Empty: you."),
    )
    state = forms.ChoiceField(
        label=_("New comments are"), choices=comment_values.STATES.items, initial=State.PUBLISHED
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            text = gettext("The file has %(size)s; %(most)s are the most. Split it.")
            told = {"size": filesizeformat(file.size), "most": filesizeformat(MOST_BYTES)}
            raise forms.ValidationError(text % told)
        data: bytes = file.read()
        return data

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        names = ("language", "motivation", "rights", "creator", "state")
        try:
            comment_values.checked("-", **{name: data[name] for name in names if name in data})
        except CommentProblem as error:
            for name, problem in error.problems.items():
                self.add_error(name, problem)
        return data


class ImportComments(admin.ModelAdmin):
    """For the admin of comments: whoever may add them may import them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="catalog_comment_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, "import", form=ImportForm())
        if "plan" in request.POST:
            return self._decided(request)
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, "import", form=form)
        values = dict(form.cleaned_data)
        data, layout = values.pop("file"), values.pop("layout")
        defaults = Defaults(**values)
        try:
            made = plan(data, layout, defaults)
            name = uploads.hold(data)
        except (BadFile, StorageError) as error:
            form.add_error("file", str(error))
            return self._page(request, "import", form=form)
        token = signing.dumps(
            {"file": name, "layout": layout, "user": request.user.pk, **asdict(defaults)},
            salt=_SALT,
        )
        return self._page(request, "preview", token=token, **_preview(made))

    def _decided(self, request: HttpRequest) -> HttpResponse:
        """The report, or the import, of a file that was previewed; as things stand now."""
        try:
            said = signing.loads(request.POST["plan"], salt=_SALT, max_age=uploads.WAITS)
            if said.pop("user") != request.user.pk:
                raise signing.BadSignature
        except signing.BadSignature:
            return self._again(request)
        name, layout = said.pop("file"), said.pop("layout")
        data = uploads.held(name)
        if data is None:
            return self._again(request)
        made = plan(data, layout, Defaults(**said))
        if "report" in request.POST:
            response = HttpResponse(report(made), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = 'attachment; filename="comments-report.csv"'
            return response
        done = carry_out(made, author=request.user)
        uploads.drop(name)
        text = ngettext("%(n)s comment imported.", "%(n)s comments imported.", done)
        self.message_user(request, text % {"n": number(done)}, messages.SUCCESS)
        return HttpResponseRedirect(list_url(Comment))

    def _again(self, request: HttpRequest) -> HttpResponse:
        text = gettext("The file is not here any more. Choose it again; nothing was imported.")
        self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(request.path)

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        titles = {"import": _("Import comments"), "preview": _("What would be imported")}
        own = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": titles[template],
            "columns": [*COLUMNS],
            "most_rows": number(MOST_ROWS),
            "most_bytes": MOST_BYTES,
        }
        return TemplateResponse(
            request, f"admin/catalog/comment/{template}.html", {**own, **context}
        )


def _preview(made: Plan) -> dict[str, Any]:
    """Counts of every outcome, and the first lines of each that has some."""
    counts = made.counts
    groups = []
    for outcome in SHOWN_FIRST:
        if counts[outcome]:
            steps = [step for step in made.steps if step.outcome == outcome]
            more = number(len(steps) - LINES_SHOWN) if len(steps) > LINES_SHOWN else ""
            groups.append({"word": WORDS[outcome], "steps": steps[:LINES_SHOWN], "more": more})
    unreadable = len(made.problems) + made.unread
    return {
        "counts": [
            (number(count), WORDS[outcome], outcome in SHOWN_FIRST[:5] and count)
            for outcome, count in counts.items()
            if count or outcome == Outcome.NEW
        ],
        "groups": groups,
        "warnings": made.warnings,
        "problems": made.problems[:LINES_SHOWN],
        "unreadable": number(unreadable) if unreadable else "",
        "more_problems": number(unreadable - LINES_SHOWN) if unreadable > LINES_SHOWN else "",
        "to_write": made.to_write,
    }
