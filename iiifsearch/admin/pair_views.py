"""Pages about many pairs, and what is computed of one: the queue, the groups, the inliers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from catalog.admin.display import change_url, list_url, number
from catalog.models import Canvas
from iiifsearch.admin.decisions import came_from, undoable
from iiifsearch.admin.pair_forms import VERDICTS
from iiifsearch.admin.pairs import small
from iiifsearch.decisions import batch, pairs
from iiifsearch.engine.overlay import PointsGone, agreement, square_onto
from iiifsearch.index import duplicates as index
from iiifsearch.models import Batch, Duplicate

Decision = Duplicate.Decision

#: Groups on a page, and canvases that are shown of one.
GROUPS, SHOWN = 10, 24
#: Characters of the ids that one form may send: a thousand pairs.
_LONGEST = 20 * batch.MOST_AT_ONCE


def may_see(user: Any) -> bool:
    return user.has_perm("iiifsearch.view_duplicate") or may_decide(user)


def may_decide(user: Any) -> bool:
    return user.has_perm("iiifsearch.change_duplicate")


@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """Lead to the next pair that nobody decided on; after ``?after=ID`` if that is given."""
    if not may_see(request.user):
        raise PermissionDenied
    sent = request.GET.get("after", "")
    after = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else 0
    pk = pairs.next_open(after)
    if pk is None and after and Duplicate.objects.filter(pk=after, decision="").exists():
        messages.info(request, gettext("This is the only pair that is left to decide on."))
        pk = after
    if pk is None:
        messages.success(request, gettext("Every pair is decided."))
        return redirect(list_url(Duplicate))
    return redirect(change_url(Duplicate, pk))


@require_safe
def inliers(request: HttpRequest, pk: int) -> JsonResponse:
    """The places at which both pictures of a pair agree, computed anew: ``lines``, x and y in the
    first, x and y in the second, in shares of the sides; ``total``; ``matrix``, three rows, from
    shares of the first to shares of the second, or null; ``message``, "" or why there are none."""
    user = request.user
    if not (may_see(user) and user.has_perm("catalog.view_canvas")):
        raise PermissionDenied
    pair = get_object_or_404(Duplicate.objects.select_related("first", "second"), pk=pk)
    try:
        found = agreement(pair)
    except PointsGone as error:
        named = [
            str(canvas) for canvas in (pair.first, pair.second) if canvas.pk in error.canvas_ids
        ]
        gone = gettext("No points are kept of %(canvases)s: its picture has to be indexed again.")
        told = gone % {"canvases": " / ".join(named)}
        return JsonResponse({"lines": [], "total": 0, "matrix": None, "message": told})
    message = ""
    if not found.total:
        message = gettext("No single places agree: they were found alike as wholes, or not at all.")
    elif found.total > len(found.lines):
        message = gettext("%(shown)d of %(total)d places are drawn.") % {
            "shown": len(found.lines),
            "total": found.total,
        }
    else:
        message = gettext("%(total)d places are drawn.") % {"total": found.total}
    matrix = square_onto(found.outline) if found.outline else None
    return JsonResponse(
        {
            "lines": [[round(value, 5) for value in line] for line in found.lines],
            "total": found.total,
            "matrix": None if matrix is None else matrix.tolist(),
            "message": message,
        }
    )


# -- groups -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """What the pairs join. ``canvases``: some of them, with thumbnails; ``more``: how many are not
    shown. ``decided``: how many pairs bear which verdict. ``open``: ids of the pairs to decide on,
    the surest first; ``later``: how many more there are than can be decided at once."""

    size: int
    canvases: Sequence[dict[str, Any]]
    more: int
    decided: Sequence[tuple[str, int]]
    open: Sequence[int]
    later: int

    @property
    def ids(self) -> str:
        return ",".join(map(str, self.open))


@require_http_methods(["GET", "HEAD", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """GET: canvases that pairs join, page by page: ``?show=all``, or those with something to
    decide. POST: one verdict for the open pairs of a group."""
    user = request.user
    if not may_see(user) or (request.method == "POST" and not may_decide(user)):
        raise PermissionDenied
    if request.method == "POST":
        _decide(request)
        return HttpResponseRedirect(came_from(request))
    everything = request.GET.get("show") == "all"
    found = index.groups(to_decide=not everything)
    page = Paginator(found.groups, GROUPS).get_page(request.GET.get("page", "1"))
    pictures = user.has_perm("catalog.view_canvas")
    context = {
        **admin.site.each_context(request),
        "opts": Duplicate._meta,
        "title": gettext("Groups of near-duplicates"),
        "page": page,
        "groups": _groups(list(page), pictures),
        "everything": everything,
        "capped": found.capped,
        "most": number(index.MOST_PAIRS),
        "may_decide": may_decide(user),
        "verdicts": VERDICTS,
        "undo": undoable(request, Batch.Subject.PAIRS),
    }
    return TemplateResponse(request, "admin/iiifsearch/duplicate/groups.html", context)


def _groups(found: list[tuple[int, ...]], pictures: bool) -> list[Group]:
    """In as many queries for one as for ten."""
    place = {pk: number for number, group in enumerate(found) for pk in group}
    shown = [pk for group in found for pk in group[:SHOWN]]
    canvases = Canvas.objects.select_related("picture").only(
        *("title", "maker", "raw_id", "state", "picture__sha256")
    )
    named = canvases.in_bulk(shown)
    decided: dict[int, Counter[str]] = defaultdict(Counter)
    undecided: dict[int, list[int]] = defaultdict(list)
    rows = Duplicate.objects.filter(first__in=place).exclude(decision=Decision.UNRELATED)
    for pk, first, decision in rows.order_by(index.SUREST, "pk").values_list(
        "pk", "first_id", "decision"
    ):
        if decision:
            decided[place[first]][decision] += 1
        else:
            undecided[place[first]].append(pk)
    return [
        Group(
            size=len(group),
            canvases=[
                {
                    "name": str(named[pk]),
                    "url": change_url(Canvas, pk) if pictures else "",
                    "picture": small(named[pk]) if pictures else "",
                }
                for pk in group[:SHOWN]
                if pk in named
            ],
            more=max(0, len(group) - SHOWN),
            decided=[(str(Decision(value).label), n) for value, n in decided[at].items()],
            open=undecided[at][: batch.MOST_AT_ONCE],
            later=max(0, len(undecided[at]) - batch.MOST_AT_ONCE),
        )
        for at, group in enumerate(found)
    ]


def _decide(request: HttpRequest) -> None:
    """The open pairs that the page showed: nothing that came into the group since then."""
    sent = request.POST.get("pairs", "")
    ids = sent.split(",")
    verdict = request.POST.get("verdict", "")
    readable = len(sent) < _LONGEST and all(
        pk.isascii() and pk.isdecimal() and len(pk) < 19 for pk in ids
    )
    if not readable or verdict not in Decision.values or verdict == Decision.OPEN:
        messages.error(request, gettext("Nothing was decided: choose a group and a verdict."))
        return
    decide_and_tell(request, [int(pk) for pk in ids], verdict, only_open=True)


def decide_and_tell(
    request: HttpRequest,
    ids: Sequence[int],
    verdict: str,
    note: str | None = None,
    only_open: bool = False,
) -> bool:
    """Decide, with a message of what came of it; whether it could be."""
    user = cast(User, request.user)
    try:
        done = pairs.decide(ids, verdict, by=user, note=note, only_open=only_open)
    except (pairs.NoSuchPair, batch.TooMany) as error:
        messages.error(request, gettext("Nothing was decided. %(why)s") % {"why": error})
        return False
    if done is not None:
        messages.success(request, done.said)
    if left := len(set(ids)) - (done.count if done else 0):
        told = gettext("%(n)d of them stay as they are: that was decided already.")
        messages.warning(request, told % {"n": left})
    return True
