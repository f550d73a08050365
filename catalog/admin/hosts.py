"""Hosts: how politely each is asked, how it is, and asking one again that was left alone."""

from __future__ import annotations

from typing import Any

import httpx
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.admin.display import EMPTY, change_url, clock, link, list_url, moment, number, pill
from catalog.admin.pages import OwnTitle
from catalog.admin.reasons import without_urls
from catalog.conf import options
from catalog.hosts import LONGEST_DELAY, ask_again, name_of
from catalog.models import Host, Picture

#: Pictures of a host are counted so far: beyond, the list says "more".
MOST_COUNTED = 10_000
LONGEST_NAME = 255

# An index of these pictures by host makes this cheap, and the limit keeps it so.
_WAITING = """
(SELECT count(*) FROM (
    SELECT 1 FROM catalog_picture p
    WHERE p.host = catalog_host.name AND p.outcome = 'waiting' AND p.may_keep LIMIT %s
) AS waiting)
"""


def host_in(text: str) -> str:
    """The name of the host that ``text`` names, which may be a URL of it. Raises ValueError."""
    text = text.strip()
    url = httpx.URL(text if "://" in text else f"http://{text}")
    fits = url.scheme in ("http", "https") and url.raw_host and (url.port or 80) < 2**16
    if not fits or url.userinfo:
        raise ValueError(text)
    name = name_of(url).removesuffix(":443")
    known = set("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")
    if not set(name) <= known or len(name) > LONGEST_NAME or ".." in name or name[0] in ".-":
        raise ValueError(text)
    return name


class HostForm(forms.ModelForm):
    class Meta:
        model = Host
        fields = ["name", "delay", "concurrency", "obey_robots", "note"]
        widgets = {
            "name": forms.TextInput(
                attrs={"class": "vTextField", "placeholder": "images.example.org"}
            ),
            "note": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }
        help_texts = {
            "delay": _(
                "Seconds between the starts of two requests. Empty: the default, or longer "
                "where its robots.txt asks for it."
            ),
            "concurrency": _("Requests at a time, of all workers together. Empty: the default."),
        }
        labels = {"concurrency": _("At a time"), "obey_robots": _("Obey its robots.txt")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].help_text = gettext(
                "With the port where it is not the usual one: images.example.org:8080. "
                "Of a URL, its host is taken."
            )
        if "obey_robots" in self.fields:
            self.fields["obey_robots"].help_text = gettext(
                "Uncheck it only with the institution's leave."
            )

    def clean_name(self) -> str:
        text: str = self.cleaned_data["name"]
        try:
            return host_in(text)
        except (httpx.InvalidURL, ValueError) as error:
            raise forms.ValidationError(
                gettext(
                    "“%(text)s” is no host. Write its name, such as images.example.org, or paste a "
                    "URL of it."
                )
                % {"text": text[:100]}
            ) from error

    def clean_delay(self) -> float | None:
        delay: float | None = self.cleaned_data["delay"]
        if delay is not None and not 0 <= delay <= 3600:
            raise forms.ValidationError(
                gettext("Write a number of seconds from 0 to 3600, or nothing.")
            )
        return delay

    def clean_concurrency(self) -> int | None:
        count: int | None = self.cleaned_data["concurrency"]
        if count is not None and not 1 <= count <= 64:
            raise forms.ValidationError(gettext("Write a number from 1 to 64, or nothing."))
        return count


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("resting", gettext("resting")),
            ("failing", gettext("failing")),
            ("own", gettext("settings of its own")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        match self.value():
            case "resting":
                return queryset.filter(rests_until__gt=timezone.now())
            case "failing":
                return queryset.filter(failures__gt=0)
            case "own":
                own = Q(delay__isnull=False) | Q(concurrency__isnull=False) | Q(obey_robots=False)
                return queryset.filter(own | ~Q(note=""))
        return None


@admin.register(Host)
class HostAdmin(OwnTitle):
    """Who may change hosts sets how they are asked; what the workers note is only shown."""

    form = HostForm
    list_display = ["name", "state_pill", "in_force", "asked", "waiting"]
    list_filter = [StateFilter, "obey_robots"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name", "note"]
    sortable_by = ["name", "asked"]
    actions = ["ask_again_now"]
    fieldsets = [
        (
            _("How it is asked"),
            {"fields": ["name", "delay", "concurrency", "obey_robots", "in_force", "note"]},
        ),
        (_("How it is"), {"fields": ["state_in_words", "asked", "waiting"]}),
        ("robots.txt", {"fields": ["robots_read", "crawl_delay_asked", "robots_text"]}),
    ]
    readonly_fields = ["in_force", "state_in_words", "asked", "waiting", "robots_read"]
    readonly_fields += ["crawl_delay_asked", "robots_text"]

    class Media:
        css = {"all": ["catalog/admin/work.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Host]:
        limit = [MOST_COUNTED + 1]
        count = RawSQL(_WAITING, limit, output_field=IntegerField())  # noqa: S611 - a constant
        return super().get_queryset(request).annotate(waiting_pictures=count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A host that is known keeps its name: requests are counted by it."""
        return [*self.readonly_fields, *(["name"] if obj is not None else [])]

    def title_of(self, row: Host) -> str:
        return row.name

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["name", "delay", "concurrency", "obey_robots", "note"]})]

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Without what workers note in the row at the same time."""
        obj.save(update_fields=[*form.changed_data] if change else None)

    # -- how it is -----------------------------------------------------------------------------

    @admin.display(description=_("state"))
    def state_pill(self, host: Host) -> SafeString:
        if host.rests_until is not None and host.rests_until > timezone.now():
            return pill(
                "resting", gettext("resting until %(time)s") % {"time": clock(host.rests_until)}
            )
        if host.failures:
            return pill("failing", _times(host.failures))
        if host.last_asked_at is None:
            return pill("unasked", gettext("not asked yet"))
        return pill("fine", gettext("fine"))

    @admin.display(description=_("state"))
    def state_in_words(self, host: Host) -> SafeString:
        reason = without_urls(host.rest_reason)
        return format_html("{} {}", self.state_pill(host), reason)

    @admin.display(description=_("in force"))
    def in_force(self, host: Host) -> SafeString:
        """As `catalog.hosts` reckons it."""
        places = options.host_concurrency if host.concurrency is None else host.concurrency
        text = gettext("%(n)d at a time (set here)")
        if host.concurrency is None:
            text = gettext("%(n)d at a time (default)")
        lines = [self._delay(host), text % {"n": places}]
        if not host.obey_robots:
            lines.append(gettext("whatever its robots.txt says"))
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))

    def _delay(self, host: Host) -> str:
        if host.delay is not None:
            return gettext("%(seconds)g s (set here)") % {"seconds": host.delay}
        asked = min(host.crawl_delay or 0.0, LONGEST_DELAY)
        if options.obey_robots and host.obey_robots and asked > options.host_delay:
            return gettext("%(seconds)g s (its robots.txt)") % {"seconds": asked}
        return gettext("%(seconds)g s (default)") % {"seconds": options.host_delay}

    @admin.display(description=_("requests"), ordering="requests")
    def asked(self, host: Host) -> SafeString | str:
        if host.last_asked_at is None:
            return number(host.requests)
        return format_html(
            "{}<br>{}",
            number(host.requests),
            gettext("last %(time)s") % {"time": moment(host.last_asked_at)},
        )

    @admin.display(description=_("to fetch"))
    def waiting(self, host: Any) -> SafeString | str:
        count = host.waiting_pictures
        if not count:
            return EMPTY
        most = gettext("more than %(count)s") % {"count": number(MOST_COUNTED)}
        text = most if count > MOST_COUNTED else number(count)
        return link(list_url(Picture, host=host.name, outcome__exact="waiting"), text)

    @admin.display(description=_("read"))
    def robots_read(self, host: Host) -> str:
        return moment(host.robots_at) if host.robots_at else gettext("Not yet.")

    @admin.display(description=_("delay asked for"))
    def crawl_delay_asked(self, host: Host) -> str:
        return EMPTY if host.crawl_delay is None else f"{host.crawl_delay:g} s"

    @admin.display(description=_("text"))
    def robots_text(self, host: Host) -> SafeString | str:
        if not host.robots.strip():
            return (
                EMPTY if host.robots_at is None else gettext("It has none: everything is allowed.")
            )
        return format_html('<pre class="json">{}</pre>', host.robots)

    # -- asking again --------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.ask_again_view)
        return [path("<int:pk>/ask-again/", again, name="catalog_host_again"), *super().get_urls()]

    @method_decorator(require_POST)
    def ask_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on the page of one host."""
        if not self.has_ask_permission(request):
            raise PermissionDenied
        self._ask_again(request, [get_object_or_404(Host, pk=pk)])
        return HttpResponseRedirect(change_url(Host, pk))

    @admin.action(description=_("Ask again now"), permissions=["ask"])
    def ask_again_now(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        self._ask_again(request, list(queryset))

    def _ask_again(self, request: HttpRequest, hosts: list[Host]) -> None:
        ask_again([host.name for host in hosts])
        for host in hosts:
            self.log_change(request, host, "Asked again.")
        text = ngettext(
            "A worker asks %(name)s again now.", "A worker asks %(n)d hosts again now.", len(hosts)
        )
        told = text % {"name": hosts[0].name, "n": len(hosts)} if hosts else ""
        self.message_user(request, told, messages.SUCCESS)


def _times(count: int) -> str:
    text = ngettext("failing once", "failing %(count)s times", count)
    return text % {"count": number(count)}
