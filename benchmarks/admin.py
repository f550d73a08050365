"""Every page of the admin in a small library and in a large one: queries, and milliseconds.

    python -m benchmarks.admin --var /tmp/bench-admin

Fills a scratch database on the embedded Postgres with 1,000 canvases, asks for every page that the
admin has (lists, each with its filters, a search and its second page; the page of a row, the one
with most below it; pages of no model), fills it up to 100,000, and asks again. No page may need
more than 30 queries, nor more of them than in the small library. Time is the middle of three, of
the whole request by Django's test client, signed in as an administrator. Takes some minutes.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.admin_library import Library
from benchmarks.harvest import installation

MOST_QUERIES = 30
TIMES = 3
#: Pages that Django makes for every model; `pages` names them.
OF_EVERY_MODEL = {"changelist", "add", "history", "delete", "change"}
#: Choices of one filter that are tried.
CHOICES = 4


@dataclass(frozen=True)
class Asked:
    """What one page cost."""

    queries: int
    seconds: float


# -- the pages ----------------------------------------------------------------------------------


def pages(client: Any) -> Iterator[tuple[str, str]]:
    """Name and address of every page that can be asked for."""
    from django.contrib import admin
    from django.urls import reverse

    yield "front page", reverse("admin:index")
    for model, shown in sorted(admin.site._registry.items(), key=lambda item: str(item[0]._meta)):
        meta = model._meta
        listed = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        yield f"{meta.model_name}: list", listed
        yield f"{meta.model_name}: second page", f"{listed}?p=2"
        if shown.search_fields:
            yield f"{meta.model_name}: search", f"{listed}?q=boats"
        response = client.get(listed)
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        for spec in getattr(changelist, "filter_specs", ()):
            for choice in list(spec.choices(changelist))[1 : 1 + CHOICES]:
                name = f"{meta.model_name}: {spec.title} {choice['display']}"
                yield name, listed + choice["query_string"]
        if (first := model._default_manager.order_by("pk").first()) is not None:
            name = f"admin:{meta.app_label}_{meta.model_name}_change"
            yield f"{meta.model_name}: page", reverse(name, args=[first.pk])
    yield from own_pages()


def own_pages() -> Iterator[tuple[str, str]]:
    """Those of no model, and those below the first row of one: a collection of a fifth of all, its
    rule, its order, the class that it teaches; what waits to be decided."""
    from django.contrib import admin
    from django.urls import NoReverseMatch, reverse

    from catalog.models import Collection
    from iiifsearch.admin.urls import urlpatterns

    first = Collection.objects.order_by("pk")[0]
    below: list[tuple[str, Any]] = [(str(pattern.name), first) for pattern in urlpatterns]
    for model, shown in admin.site._registry.items():
        row = model._default_manager.order_by("pk").first()
        ways = [str(pattern.name) for pattern in shown.get_urls()]
        own = [way for way in ways if way.rpartition("_")[2] not in OF_EVERY_MODEL]
        below += [(f"admin:{way}", row) for way in own]
    for name, row in below:
        for of in (None, getattr(row, "pk", None), getattr(row, "key", None)):
            try:
                yield name.removeprefix("admin:"), reverse(name, args=[] if of is None else [of])
            except NoReverseMatch:  # it wants to know of what, or of nothing
                continue
    groups, tags = reverse("admin:iiifsearch_duplicate_groups"), reverse("admin_tags")
    yield "iiifsearch_duplicate_groups, all", f"{groups}?show=all"
    yield "admin_tags, doubtful ones", f"{tags}?kind=doubtful"
    yield "admin_fill, twenty picked", f"{reverse('admin_fill')}?{_picked(20)}"


def _picked(count: int) -> str:
    """As the search page sends it."""
    from catalog.models import Canvas

    return "&".join(f"canvas={key}" for key in Canvas.objects.values_list("key", flat=True)[:count])


def asked(client: Any, url: str) -> Asked | None:
    """None where there is no page: a file, something that takes only what is sent, or a step of a
    login that is over."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds = []
    for _ in range(TIMES):
        with CaptureQueriesContext(connection) as captured:
            start = time.perf_counter()
            response = client.get(url)
            seconds.append(time.perf_counter() - start)
        if response.status_code >= 500:
            raise SystemExit(f"{url} answered {response.status_code}")
        kind = response.headers.get("Content-Type", "")
        if response.status_code != 200 or not kind.startswith("text/html"):
            return None
    return Asked(len(captured), statistics.median(seconds))


def signed_in() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.create_superuser("admin"))
    return client


def measured(client: Any) -> dict[str, Asked]:
    found = dict(pages(client))
    for url in found.values():  # what is remembered from now on
        client.get(url)
    figures = {name: asked(client, url) for name, url in found.items()}
    return {name: figure for name, figure in figures.items() if figure is not None}


def run(small: int, large: int) -> None:
    from django.core.management import call_command

    from iiifsearch.admin import tally

    # What is no page says so in the log.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    call_command("flush", interactive=False, verbosity=0)
    client = signed_in()
    library = Library()
    figures: list[dict[str, Asked]] = []
    for count in (small, large):
        start = time.perf_counter()
        library.grow(count)
        tally.renew()
        print(f"{count:,} canvases after {time.perf_counter() - start:.0f} s", flush=True)
        figures.append(measured(client))
    _table(figures[0], figures[1], small, large)


def _table(before: dict[str, Asked], after: dict[str, Asked], small: int, large: int) -> None:
    print(f"\n{'page':58} {'queries':>9} {'ms':>7} {'ms':>7} {'times':>6}")
    print(f"{'':58} {'':>9} {small:>7,} {large:>7,}")
    worst = sorted(after, key=lambda name: -after[name].seconds)
    for name in worst:
        now, then = after[name], before.get(name)
        queries = f"{then.queries if then else '-'} > {now.queries}"
        ms = f"{1000 * then.seconds:7.0f}" if then else f"{'-':>7}"
        times = f"{now.seconds / then.seconds:6.1f}" if then else f"{'-':>6}"
        mark = " <--" if now.queries > MOST_QUERIES or (then and now.queries > then.queries) else ""
        print(f"{name[:58]:58} {queries:>9} {ms} {1000 * now.seconds:7.0f} {times}{mark}")
    faults = [name for name in after if after[name].queries > MOST_QUERIES]
    grown = [
        name for name in after if name in before and after[name].queries > before[name].queries
    ]
    slowest = after[worst[0]].seconds
    print(
        f"\n{len(after)} pages; more than {MOST_QUERIES} queries: {len(faults)}; more queries than"
    )
    print(f"in the small library: {len(grown)}; the slowest takes {1000 * slowest:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--var", type=Path, required=True)
    chosen = parser.parse_args()
    with installation(chosen.var):
        run(chosen.small, chosen.canvases)


if __name__ == "__main__":
    main()
