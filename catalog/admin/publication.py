"""Publishing and taking back to draft, for whatever has a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import activities
from catalog.admin.display import pill
from catalog.models import Activity, Canvas, Manifest, State

#: A withdrawn row is a tombstone, and what is gone comes back with its source: neither is made nor
#: lifted by editing a field.
NOT_BY_HAND = [State.WITHDRAWN, State.GONE]
EDITABLE_STATES = [(state.value, state.label) for state in (State.DRAFT, State.PUBLISHED)]


class Publication(admin.ModelAdmin):
    """Actions on the list, the field on the form, and saves that touch nothing else.

    A harvest may write the same row at the same time, so a save writes changed fields only.
    """

    actions = ["publish", "make_draft"]

    @admin.display(description=_("state"), ordering="state")
    def state_pill(self, obj: Any) -> SafeString:
        return pill(obj.state, obj.get_state_display())

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may publish, and take back to draft."""
        return self.has_change_permission(request, obj)

    @admin.action(description=_("Publish"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._set_state(request, queryset, State.PUBLISHED)

    @admin.action(description=_("Make draft (take off the public pages)"), permissions=["publish"])
    def make_draft(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._set_state(request, queryset, State.DRAFT)

    def _set_state(self, request: HttpRequest, queryset: models.QuerySet, state: State) -> None:
        values: dict[str, Any] = {"state": state} | self._touched()
        values |= self._with_state(request, state)
        with transaction.atomic():
            chosen = self.model._default_manager.filter(pk__in=queryset.values("pk"))
            left = chosen.filter(state__in=NOT_BY_HAND).count()
            rows = self._locked(chosen.exclude(state__in=[*NOT_BY_HAND, state]))
            self.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**values)
            if rows:
                said = [{"changed": {"fields": ["state"]}}]
                LogEntry.objects.log_actions(
                    cast(int, request.user.pk), rows, CHANGE, change_message=said
                )
            for row in rows:
                row.state = state
            self.announce(request, rows, public_before=state != State.PUBLISHED)
        one = len(rows) == 1
        name = self.opts.verbose_name if one else self.opts.verbose_name_plural
        if state == State.PUBLISHED:
            done = ngettext("%(n)d %(name)s published.", "%(n)d %(name)s published.", len(rows))
        else:
            done = ngettext(
                "%(n)d %(name)s made a draft.", "%(n)d %(name)s made drafts.", len(rows)
            )
        text = done % {"n": len(rows), "name": name}
        if left:
            same = gettext("%(n)d withdrawn or gone at the source: left as they are.")
            text += f" {same % {'n': left}}"
        self.message_user(request, text, messages.WARNING if left else messages.SUCCESS)

    def _locked(self, queryset: models.QuerySet) -> list[Any]:
        """The rows with the columns that the log's names are made of: they are not read whole."""
        names = {field.name for field in self.opts.concrete_fields}
        wanted = ("id", "key", "state", "title", "uri", "raw_id")
        named_by = [name for name in wanted if name in names]
        return list(queryset.only(*named_by).select_for_update())

    def _with_state(self, request: HttpRequest, state: State) -> dict[str, Any]:
        """What else is written where the state becomes ``state``."""
        return {}

    def announce(self, request: HttpRequest, rows: Sequence[Any], *, public_before: bool) -> None:
        """Tell of rows that were changed, as the last thing of the transaction."""
        announce(rows, public_before=public_before)

    def _touched(self) -> dict[str, Any]:
        names = {field.name for field in self.opts.concrete_fields}
        return {"modified_at": timezone.now()} if "modified_at" in names else {}

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "state":
            kwargs["choices"] = EDITABLE_STATES
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and obj.state in NOT_BY_HAND:
            return (*fields, "state", "state_reason")
        return fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.public_before = change and form.initial.get("state", obj.state) == State.PUBLISHED
        if not change:
            super().save_model(request, obj, form, change)
        elif changed := [name for name in form.changed_data if name in form.fields]:
            obj.save(update_fields=[*changed, *self._touched()])

    # Django writes its log last, in the transaction of the change: so the activity comes after it.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        entry = super().log_addition(request, obj, message)
        self.announce(request, [obj], public_before=False)
        return entry

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        entry = super().log_change(request, obj, message)
        if message:
            before = getattr(obj, "public_before", False)
            self.announce(request, [obj], public_before=before)
        return entry


def announce(rows: Sequence[Any], *, public_before: bool) -> None:
    """Write the activities for manifests or canvases that were changed, as the last thing of the
    transaction. (Collections: `catalog.collecting.changed`.)

    A canvas is no object of an activity: the public manifests that show it have changed.
    """
    if not rows:
        return
    public = rows[0].state == State.PUBLISHED
    if isinstance(rows[0], Canvas):
        if public or public_before:
            showing = Manifest.objects.filter(
                appearances__canvas__in=[row.pk for row in rows], state=State.PUBLISHED
            )
            changed = showing.order_by("pk").values_list("key", flat=True).distinct()
            activities.record(Activity.Type.UPDATE, Activity.Kind.MANIFEST, *changed)
    elif public or public_before:
        kind = activities.TYPES[public_before, public]
        activities.record(kind, Activity.Kind.MANIFEST, *(row.key for row in rows))
