"""What is done to the index by hand: building, dropping, trying again, and what answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog import journal
from iiifsearch import encoders, tasks
from iiifsearch.admin.own_pages import page
from iiifsearch.conf import options
from iiifsearch.index import manage
from iiifsearch.models import Seen

MANAGE = "iiifsearch.manage_index"


@dataclass(frozen=True)
class Pair:
    """A live space of texts and pictures. ``setting``: what to write so that it answers; "" for
    the one that does. ``waits``: it is to answer once it covers as much as that."""

    name: str
    setting: str
    waits: bool = False


def pairs() -> list[Pair]:
    """Which spaces of texts and pictures are live: the first of them answers, as soon as it covers
    as much as the others."""
    answering, found = encoders.joint(), []
    for pair in encoders.joints():
        name = encoders.called(pair[0])
        if pair == answering or answering is None:
            found.append(Pair(name, ""))
        else:
            waits = all(one.setting for one in found)  # before the one that answers
            found.append(Pair(name, _first(name, encoders.called(answering[0])), waits))
    return found


def _first(name: str, answering: str) -> str:
    """``image_encoders`` with ``name`` before the one that answers now."""
    others = [one for one in options.image_encoders if one != name]
    others.insert(others.index(answering), name)
    told = ", ".join(f'"{one}"' for one in others)
    return f'IIIFSEARCH["image_encoders"] = ({told})'


def _check_may_manage(request: HttpRequest) -> User:
    if not request.user.has_perm(MANAGE):
        raise PermissionDenied
    return cast(User, request.user)


@require_GET
def builds(request: HttpRequest) -> HttpResponse:
    """Builds that are under way, for the page to show in the place of what it shows."""
    user = request.user
    if not (user.has_perm("iiifsearch.view_seen") or user.has_perm("iiifsearch.change_seen")):
        raise PermissionDenied
    return page(request, "admin/iiifsearch/_builds.html", "", builds=manage.builds())


@require_POST
def build(request: HttpRequest, key: str) -> HttpResponse:
    """Have the index of a live encoder built, anew where there is one."""
    user = _check_may_manage(request)
    if key not in manage.live_keys():
        raise Http404(f"No live encoder has the key {key!r}.")
    tasks.build_soon(key)
    journal.note_named(user, Seen, key, "Index to be built anew.")
    text = gettext("A worker builds the index of %(key)s.")
    messages.success(request, text % {"key": key})
    return redirect("admin_index_state")


@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, key: str) -> HttpResponse:
    """GET says what would be deleted, POST has it deleted."""
    user = _check_may_manage(request)
    try:
        removal = manage.removal(key)
    except manage.NotKnown as error:
        raise Http404(str(error)) from error
    except manage.StillLive as error:
        messages.error(request, str(error))
        return redirect("admin_index_state")
    if request.method == "POST":
        tasks.drop_soon(key)
        journal.note_named(user, Seen, key, f"To be dropped: {removal.vectors} vectors.")
        messages.success(request, gettext("A worker drops %(key)s.") % {"key": key})
        return redirect("admin_index_state")
    title = gettext("Drop %(key)s?") % {"key": key}
    return page(request, "admin/iiifsearch/drop.html", title, removal=removal)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Try again what failed: ``feature`` and ``reason``, as the page shows them."""
    if not request.user.has_perm("iiifsearch.change_seen"):
        raise PermissionDenied
    user = cast(User, request.user)
    feature, reason = (request.POST.get(key, "").replace("\0", "") for key in ("feature", "reason"))
    # A browser sends a line's end as two characters.
    count = manage.retry(feature, reason.replace("\r\n", "\n"))
    if count:
        tasks.look_for_work()
        journal.note_named(user, Seen, feature, f"Tried again: {count} that failed: {reason}")
    told = ngettext("%(n)s canvas is tried again.", "%(n)s canvases are tried again.", count)
    level = messages.success if count else messages.warning
    level(request, told % {"n": f"{count:,}"})
    return redirect("admin_index_state")
