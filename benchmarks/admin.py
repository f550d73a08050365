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
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harvest import installation

MOST_QUERIES = 30
TIMES = 3
#: Choices of one filter that are tried.
CHOICES = 4


@dataclass(frozen=True)
class Asked:
    """What one page cost."""

    queries: int
    seconds: float


# -- the library --------------------------------------------------------------------------------


class Library:
    """Rows of every kind, so many for each canvas, that hang on each other as real ones do."""

    def __init__(self) -> None:
        from catalog.models import Collection, HarvestRun, Host, Source

        self.count = 0
        self.source = Source.objects.create(url="https://museum.example.org/all", kind="collection")
        self.run = HarvestRun.objects.create(source=self.source, state="done")
        self.top = Collection.objects.create(
            key="top", title="Chosen", label={"en": ["Chosen"]}, state="published"
        )
        Host.objects.create(name="images.example.org")

    def grow(self, count: int) -> None:
        """Up to ``count`` canvases."""
        from django.db import connection

        step = 5000
        while self.count < count:
            self._add(self.count, min(count, self.count + step))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _add(self, first: int, last: int) -> None:
        numbers = range(first, last)
        canvases = self._canvases(numbers)
        self._said(numbers, canvases)
        self._harvested(numbers)
        self._derived(canvases)
        self._collected(numbers, canvases)
        self._logged(numbers, canvases)
        self.count = last

    def _canvases(self, numbers: range) -> list[Any]:
        """One manifest for each ten."""
        from django.utils import timezone

        from catalog.models import Canvas, Manifest, ManifestCanvas, Picture

        manifests = Manifest.objects.bulk_create(
            Manifest(
                key=f"m{n}", uri=f"https://museum.example.org/m{n}", version=3, raw={},
                url=f"https://museum.example.org/m{n}", title=f"A portfolio, {n}",
                content_hash="", harvested_at=timezone.now(), source=self.source,
            )
            for n in numbers[::10]
        )  # fmt: skip
        canvases = Canvas.objects.bulk_create(
            Canvas(
                key=f"c{n}", uri=f"https://museum.example.org/c{n}", raw_id=f"c{n}",
                title=f"Boats at rest, {n}", maker=f"Maker {n % 997}", year=1500 + n % 400,
                width=2000, height=1500, home=manifests[(n - numbers.start) // 10],
                metadata=[{"label": {"en": ["Technique"]}, "value": {"en": ["oil on canvas"]}}],
            )
            for n in numbers
        )  # fmt: skip
        ManifestCanvas.objects.bulk_create(
            ManifestCanvas(canvas=canvas, manifest=manifests[i // 10], position=i % 10)
            for i, canvas in enumerate(canvases)
        )
        Picture.objects.bulk_create(_picture(canvas, self.run) for canvas in canvases)
        return canvases

    def _said(self, numbers: range, canvases: list[Any]) -> None:
        from catalog.models import Comment

        said = [
            ("metadata", "Technique", "oil on canvas"),
            ("annotation", "", "Fishing boats lie on the shore under a pale moon."),
            ("curator", "", "The light comes from the left."),
        ]
        Comment.objects.bulk_create(
            (
                Comment(
                    canvas=canvas, key=f"{origin[:1]}{n}", origin=origin, label=label, body=body,
                    language="en",
                )
                for n, canvas in zip(numbers, canvases, strict=True)
                for origin, label, body in said
            ),
            batch_size=5000,
        )  # fmt: skip

    def _harvested(self, numbers: range) -> None:
        from catalog.models import HarvestItem, HarvestRun

        HarvestItem.objects.bulk_create(
            HarvestItem(
                run=self.run, url=f"https://museum.example.org/m{n}", mark=f"m{n}",
                outcome="failed" if n % 100 == 0 else "created", host="museum.example.org",
                kind="timeout" if n % 100 == 0 else "", reason="timed out" if n % 100 == 0 else "",
                canvases=10,
            )
            for n in numbers[::10]
        )  # fmt: skip
        HarvestRun.objects.bulk_create(
            HarvestRun(source=self.source, state="done", found=1) for _ in numbers[::200]
        )

    def _derived(self, canvases: list[Any]) -> None:
        from django.db import connection

        from iiifsearch.index.find_work import picture_features, text_features
        from iiifsearch.models import Duplicate, TagGuess

        Duplicate.objects.bulk_create(
            Duplicate(
                first=one, second=other, similarity=0.9, inliers=80, probability=0.999,
                outline=[[0, 0], [1, 0], [1, 1], [0, 1]],
                decision="copy" if i % 50 == 0 else "",
            )
            for i, (one, other) in enumerate(zip(canvases[::10], canvases[1::10], strict=True))
        )  # fmt: skip
        near = [canvas.pk for canvas in canvases[:4]]
        TagGuess.objects.bulk_create(
            TagGuess(
                canvas=canvas, kind=kind, label="Technique", text=f"technique {i % 40}",
                mark=f"technique\ntechnique {i % 40}", relevance=i % 100 / 100, vouchers=near,
            )
            for i, canvas in enumerate(canvases)
            for kind in ("missing", "doubtful")
        )  # fmt: skip
        features = (*picture_features(), *text_features())
        with connection.cursor() as cursor:
            into = (
                "iiifsearch_seen (canvas_id, feature, revision, outcome, reason, attempts, seen_at)"
            )
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for canvas in canvases:
                    for feature in features:
                        outcome, reason = "done", ""
                        if canvas.pk % 200 == 0:
                            outcome, reason = "failed", "cut short"
                        copy.write_row((canvas.pk, feature, 1, outcome, reason, 1, "2026-01-01"))

    def _collected(self, numbers: range, canvases: list[Any]) -> None:
        """A fifth of all canvases is in one collection; there are many small ones beside it."""
        from catalog.models import Collection, CollectionCanvas

        others = Collection.objects.bulk_create(
            Collection(key=f"o{n}", title=f"Chosen by {n}", state="draft", parent=self.top)
            for n in numbers[::100]
        )
        members = [
            CollectionCanvas(collection=self.top, canvas=canvas, position=canvas.pk)
            for canvas in canvases[::5]
        ]
        members += [
            CollectionCanvas(collection=other, canvas=canvas)
            for other, canvas in zip(others, canvases[::100], strict=True)
        ]
        CollectionCanvas.objects.bulk_create(members)

    def _logged(self, numbers: range, canvases: list[Any]) -> None:
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.auth.models import User
        from django.contrib.contenttypes.models import ContentType

        from catalog.models import Canvas

        kind = ContentType.objects.get_for_model(Canvas)
        person = User.objects.get()
        LogEntry.objects.bulk_create(
            LogEntry(
                user=person, content_type=kind, object_id=str(canvas.pk), action_flag=CHANGE,
                object_repr=canvas.title, change_message="Published.",
            )
            for canvas in canvases
        )  # fmt: skip


def _picture(canvas: Any, run: Any) -> Any:
    """One in twenty could not be fetched."""
    from catalog.models import Picture

    row = Picture(canvas=canvas, revision=1, run=run, host="images.example.org")
    if canvas.pk % 20 == 0:
        row.outcome, row.kind, row.reason = "failed", "timeout", "timed out"
    else:
        row.outcome, row.sha256, row.size = "kept", f"{canvas.pk:064x}", 150_000
    return row


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
    """Those of no model, and those below a row."""
    from django.urls import NoReverseMatch, reverse

    from catalog.models import HarvestRun
    from iiifsearch.admin.urls import urlpatterns

    for pattern in urlpatterns:
        try:
            yield str(pattern.name), reverse(str(pattern.name))
        except NoReverseMatch:  # it wants to know of what
            continue
    first = {model: model._default_manager.order_by("pk")[0].pk for model in (HarvestRun,)}
    for name, model in (("admin:catalog_harvestrun_progress", HarvestRun),):
        yield name, reverse(name, args=[first[model]])


def asked(client: Any, url: str) -> Asked:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds = []
    for _ in range(TIMES):
        with CaptureQueriesContext(connection) as captured:
            start = time.perf_counter()
            response = client.get(url)
            seconds.append(time.perf_counter() - start)
        if response.status_code not in (200, 302, 405):
            raise SystemExit(f"{url} answered {response.status_code}")
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
    return {name: asked(client, url) for name, url in found.items()}


def run(small: int, large: int) -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    client = signed_in()
    library = Library()
    figures: list[dict[str, Asked]] = []
    for count in (small, large):
        start = time.perf_counter()
        library.grow(count)
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
