"""Publishing and taking back to draft, for whatever has a state."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from catalog.admin.display import pill
from catalog.models import State

#: A withdrawn row is a tombstone: it is neither made nor lifted by editing a field.
EDITABLE_STATES = [(state.value, state.label) for state in (State.DRAFT, State.PUBLISHED)]


class Publication(admin.ModelAdmin):
    """Actions on the list, the field on the form, and saves that touch nothing else.

    A harvest may write the same row at the same time, so a save writes changed fields only.
    """

    actions = ["publish", "make_draft"]

    @admin.display(description="state", ordering="state")
    def state_pill(self, obj: Any) -> SafeString:
        return pill(obj.state, obj.get_state_display())

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._set_state(request, queryset, State.PUBLISHED)

    @admin.action(description="Make draft (take off the public pages)", permissions=["change"])
    def make_draft(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._set_state(request, queryset, State.DRAFT)

    def _set_state(self, request: HttpRequest, queryset: models.QuerySet, state: State) -> None:
        values: dict[str, Any] = {"state": state} | self._touched()
        with transaction.atomic():
            chosen = self.model._default_manager.filter(pk__in=queryset.values("pk"))
            withdrawn = chosen.filter(state=State.WITHDRAWN).count()
            changing = chosen.exclude(state__in=[State.WITHDRAWN, state])
            rows = list(changing.only(*self._named_by()).select_for_update())
            self.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**values)
            if rows:
                said = [{"changed": {"fields": ["state"]}}]
                LogEntry.objects.log_actions(
                    cast(int, request.user.pk), rows, CHANGE, change_message=said
                )
        one = len(rows) == 1
        name = self.opts.verbose_name if one else self.opts.verbose_name_plural
        done = "published" if state == State.PUBLISHED else "made a draft" if one else "made drafts"
        text = f"{len(rows)} {name} {done}."
        if withdrawn:
            text += f" {withdrawn} withdrawn: left as they are."
        self.message_user(request, text, messages.WARNING if withdrawn else messages.SUCCESS)

    def _named_by(self) -> list[str]:
        """The columns that the log's names are made of: rows are not read whole."""
        names = {field.name for field in self.opts.concrete_fields}
        return [name for name in ("id", "state", "title", "uri", "raw_id") if name in names]

    def _touched(self) -> dict[str, Any]:
        names = {field.name for field in self.opts.concrete_fields}
        return {"modified_at": timezone.now()} if "modified_at" in names else {}

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "state":
            kwargs["choices"] = EDITABLE_STATES
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and obj.state == State.WITHDRAWN:
            return (*fields, "state")
        return fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        elif changed := [name for name in form.changed_data if name in form.fields]:
            obj.save(update_fields=[*changed, *self._touched()])
