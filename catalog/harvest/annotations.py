"""Fetch the annotation pages that a manifest refers to, and put them in their places."""

from __future__ import annotations

from dataclasses import replace

from catalog.conf import options
from catalog.http import ACCEPT_IIIF, FetchError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.reader import read_annotation_page
from catalog.iiif.types import ParsedAnnotation, ParsedManifest, ReadingWarning


def with_referenced_annotations(
    parsed: ParsedManifest,
) -> tuple[ParsedManifest, list[bytes], bool]:
    """The manifest with the annotations of every page that it refers to.

    Returns the manifest, the bytes of the pages, and whether all of them could be had; one that
    could not is a warning.
    """
    budget = options.max_annotation_pages
    complete = True
    pages: list[bytes] = []
    warnings: list[ReadingWarning] = []
    # Regions in percent are of a canvas's size, which the page does not know.
    sizes = {c.id: (c.width, c.height) for c in parsed.canvases if c.width and c.height}

    def annotations_of(refs: tuple[str, ...], path: str) -> list[ParsedAnnotation]:
        nonlocal budget, complete
        found: list[ParsedAnnotation] = []
        todo, seen = list(refs), set(refs)
        while todo:
            url = todo.pop(0)
            if budget <= 0:
                text = f"Only {options.max_annotation_pages} annotation pages are fetched for one "
                text += f"manifest (CATALOG['max_annotation_pages']); {url} was left out."
                warnings.append(ReadingWarning("annotation-page-left-out", text, path))
                break
            budget -= 1
            try:
                answer = fetch(url, max_bytes=options.max_json_bytes, accept=ACCEPT_IIIF)
                page = read_annotation_page(answer.body, answer.url, sizes=sizes)
            except (FetchError, IIIFError) as error:
                complete = False
                warnings.append(ReadingWarning("annotation-page-unreadable", str(error), path))
                continue
            pages.append(answer.body)
            warnings.extend(page.warnings)
            found.extend(page.annotations)
            if page.next_page and page.next_page not in seen:
                seen.add(page.next_page)
                todo.append(page.next_page)
        return found

    canvases = tuple(
        replace(
            canvas,
            annotations=(
                *canvas.annotations,
                *annotations_of(canvas.annotation_refs, f"canvases[{canvas.position}]"),
            ),
        )
        if canvas.annotation_refs
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
    return joined, pages, complete
