"""Fetch the annotation pages that a manifest refers to, and put them in their places."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalog.conf import options
from catalog.harvest import documents
from catalog.http import FetchError
from catalog.iiif.errors import IIIFError
from catalog.iiif.reader import read_annotation_page
from catalog.iiif.types import ParsedAnnotation, ParsedManifest, ReadingWarning
from catalog.models import Canvas, State, identity


@dataclass(frozen=True)
class Annotated:
    """A manifest with the annotations of every page that it refers to.

    ``pages``: (mark, answer) to be remembered. ``complete``: False where a page could not be had,
    which is a warning.
    """

    manifest: ParsedManifest
    pages: tuple[tuple[str, documents.Answer], ...] = ()
    complete: bool = True

    @property
    def changed(self) -> bool:
        return any(answer.changed for _, answer in self.pages)


class NotNow(FetchError):
    """A page cannot be had for now."""

    kind = "annotation-page"
    transient = True


def annotated(parsed: ParsedManifest, *, full: bool = False, patient: bool = False) -> Annotated:
    """Fetch what ``parsed`` refers to, at most CATALOG["max_annotation_pages"].

    ``patient``: what cannot be had for now is raised, so that all of it is tried again later.
    """
    if not parsed.annotation_refs and not any(c.annotation_refs for c in parsed.canvases):
        return Annotated(parsed)
    budget = options.max_annotation_pages
    complete = True
    pages: dict[str, documents.Answer] = {}
    warnings: list[ReadingWarning] = []
    # Regions in percent are of a canvas's size, which the page does not know.
    sizes = {c.id: (c.width, c.height) for c in parsed.canvases if c.width and c.height}
    # Two manifests may refer to one page: what is new for the one is new for the other, too.
    owner = identity(parsed.id)

    def annotations_of(refs: tuple[str, ...], path: str) -> list[ParsedAnnotation]:
        nonlocal budget, complete
        found: list[ParsedAnnotation] = []
        todo, seen = list(refs), set(refs)
        while todo:
            url = todo.pop(0)
            mark = identity(f"{url} of {owner}")
            if mark not in pages and budget <= 0:
                text = f"Only {options.max_annotation_pages} annotation pages are fetched for one "
                text += f"manifest (CATALOG['max_annotation_pages']); {url} was left out."
                warnings.append(ReadingWarning("annotation-page-left-out", text, path))
                break
            try:
                if mark not in pages:  # several canvases may refer to one page
                    budget -= 1
                    pages[mark] = documents.ask(url, documents.by_mark([mark]).get(mark), full)
                answer = pages[mark]
                page = read_annotation_page(answer.body, answer.fetched.url, sizes=sizes)
            except (FetchError, IIIFError) as error:
                if patient and getattr(error, "transient", False):
                    # Not as `HostResting`: that would be taken for the manifest's own host.
                    reason = getattr(error, "reason", str(error))
                    raise NotNow(url, reason, until=getattr(error, "until", None)) from error
                complete = False
                warnings.append(ReadingWarning("annotation-page-unreadable", str(error), path))
                continue
            warnings.extend(page.warnings)
            found.extend(page.annotations)
            if page.next_page and page.next_page not in seen:
                seen.add(page.next_page)
                todo.append(page.next_page)
        return found

    referring = [identity(c.id) for c in parsed.canvases if c.annotation_refs]
    tombstones = Canvas.objects.filter(uri__in=referring, state=State.WITHDRAWN)
    withdrawn = set(tombstones.values_list("uri", flat=True))
    canvases = tuple(
        replace(
            canvas,
            annotations=(
                *canvas.annotations,
                *annotations_of(canvas.annotation_refs, f"canvases[{canvas.position}]"),
            ),
        )
        if canvas.annotation_refs and identity(canvas.id) not in withdrawn
        else canvas
        for canvas in parsed.canvases
    )
    of_manifest = annotations_of(parsed.annotation_refs, "annotations")
    joined = replace(
        parsed,
        canvases=canvases,
        annotations=(*parsed.annotations, *of_manifest),
        warnings=(*parsed.warnings, *warnings),
    )
    return Annotated(joined, tuple(pages.items()), complete)
