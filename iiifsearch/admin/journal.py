"""The journal: who changed what, and when. Read from Django's log, the newest first, page by page.

Nothing counts or sorts all of it: a page goes on where the one before ended (``before``, an id).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.admin.display import moment, shortened
from iiifsearch.admin.own_pages import page

PAGE = 50
#: What a date with a time zone can be reckoned with.
_YEARS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
_LARGEST_ID = 2**31 - 1
_FLAGS = {ADDITION: _("added"), CHANGE: _("changed"), DELETION: _("deleted")}
_PILLS = {ADDITION: "created", CHANGE: "updated", DELETION: "failed"}


class JournalForm(forms.Form):
    """What of it is shown; everything may be left out."""

    person = forms.CharField(label=_("Person"), required=False, max_length=150)
    kind = forms.ChoiceField(label=_("Kind of thing"), required=False)
    number = forms.CharField(label=_("Its id"), required=False, max_length=100)
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=_YEARS,
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=_YEARS,
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=_LARGEST_ID, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [
            (f"{model._meta.app_label}.{model._meta.model_name}", str(model._meta.verbose_name))
            for model in admin.site._registry
        ]
        choice: Any = self.fields["kind"]
        choice.choices = [("", gettext("any")), *sorted(kinds, key=lambda kind: kind[1].lower())]


@dataclass(frozen=True)
class Line:
    """One entry, as the page shows it; ``url``: of the thing, "" where it is gone."""

    entry: LogEntry
    url: str

    @property
    def when(self) -> str:
        return moment(self.entry.action_time)

    @property
    def what(self) -> str:
        return str(_FLAGS.get(self.entry.action_flag, self.entry.action_flag))

    @property
    def pill(self) -> str:
        return _PILLS.get(self.entry.action_flag, "read")

    @property
    def named(self) -> str:
        return shortened(self.entry.object_repr)

    @property
    def kind(self) -> str:
        return self.entry.content_type.name if self.entry.content_type else ""

    @property
    def said(self) -> str:
        return self.entry.get_change_message()


@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Who changed what. Query: as `JournalForm`."""
    if not request.user.has_perm("admin.view_logentry"):
        raise PermissionDenied
    form = JournalForm(request.GET)
    entries = _asked(form.cleaned_data) if form.is_valid() else LogEntry.objects.none()
    found = list(entries[: PAGE + 1])
    lines = [Line(entry, _url(entry)) for entry in found[:PAGE]]
    older = ""
    if len(found) > PAGE:
        query = request.GET.copy()
        query["before"] = str(found[PAGE - 1].pk)
        older = f"?{query.urlencode()}"
    query = request.GET.copy()
    query.pop("before", None)
    newest = f"?{query.urlencode()}" if form.is_valid() and form.cleaned_data["before"] else ""
    context = {"form": form, "lines": lines, "older": older, "newest": newest}
    return page(request, "admin/iiifsearch/journal.html", gettext("Journal"), **context)


def _asked(asked: dict[str, Any]) -> QuerySet[LogEntry]:
    entries = LogEntry.objects.select_related("user", "content_type").order_by("-pk")
    if asked["before"]:
        entries = entries.filter(pk__lt=asked["before"])
    if asked["person"]:
        name = get_user_model().USERNAME_FIELD
        entries = entries.filter(**{f"user__{name}": asked["person"]})
    if asked["kind"]:
        app, model = asked["kind"].split(".")
        entries = entries.filter(content_type__app_label=app, content_type__model=model)
    if asked["number"]:
        entries = entries.filter(object_id=asked["number"])
    if asked["since"]:
        entries = entries.filter(action_time__gte=_midnight(asked["since"]))
    if asked["until"]:
        entries = entries.filter(action_time__lt=_midnight(asked["until"] + timedelta(days=1)))
    return entries


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _url(entry: LogEntry) -> str:
    """Where the thing is changed; "" for what was deleted, or has no page."""
    if entry.action_flag == DELETION:
        return ""
    kind: ContentType | None = entry.content_type
    model = kind.model_class() if kind else None
    if model is None or model not in admin.site._registry:
        return ""
    path = entry.get_admin_url()
    return str(path or "")
