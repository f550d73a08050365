"""A library of made-up rows, as large as one likes, for the pages of the admin."""

from __future__ import annotations

from typing import Any


class Library:
    """Rows of every kind, so many for each canvas, that hang on each other as real ones do."""

    def __init__(self) -> None:
        from catalog.models import Collection, HarvestRun, Host, Source

        self.count = 0
        self.source = Source.objects.create(url="https://museum.example.org/all", kind="collection")
        self.run = HarvestRun.objects.create(source=self.source, state="done")
        self.top = Collection.objects.create(
            key="top",
            title="Chosen",
            label={"en": ["Chosen"]},
            state="published",
            teaches=True,
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
