"""What the viewers can do with what we publish: the one place that says so.

The tests here take their expectations from `FEATURES`: what a viewer lacks must fail, so that a
newer viewer that has it shows here. docs/viewers.md is written from it:

    python -m tests.viewers.support
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.viewers.clover import Clover
from tests.viewers.mirador import Mirador
from tests.viewers.universal_viewer import UniversalViewer
from tests.viewers.viewer import Viewer

DOCUMENT = Path(__file__).parents[2] / "docs" / "viewers.md"
VERSIONS: dict[type[Viewer], str] = {Mirador: "4.0.0", UniversalViewer: "4.4.0", Clover: "3.3.8"}


@dataclass(frozen=True)
class Lack:
    """Not supported by the viewer: why, and where in its source that is to be seen."""

    why: str
    where: str


@dataclass(frozen=True)
class Feature:
    """``untried``: viewers in which there is no test of it."""

    what: str
    lacks: dict[type[Viewer], Lack]
    untried: tuple[type[Viewer], ...] = ()


_UNITS_MIRADOR = Lack(
    "it scales outlines by the pixels of the first image instead of the canvas's units",
    "`src/lib/OpenSeadragonCanvasOverlay.js`, `resize`: `source.dimensions`",
)
#: They show two canvases only where the manifest says ``paged``, which one of paintings does not.
_NOT_BOTH = (UniversalViewer, Clover)

FEATURES: dict[str, Feature] = {
    "hits": Feature("lists the hits, with their text", {
        UniversalViewer: Lack(
            "it shows their number, marks and outlines; the text is the tooltip of an outline",
            "`OpenSeadragonCenterPanel.ts`, `overlayAnnotations`: `div.title`",
        ),
    }),
    "count": Feature("says how many hits there are", {
        Clover: Lack("it has no counter", "`ContentSearch.tsx`"),
    }),
    "paging": Feature("shows what is beyond the first page", {
        Clover: Lack("it asks for one page", "`getAnnotationResources.ts`: `next` is not read"),
    }),
    "autocomplete": Feature("completes a word that was begun", {
        Clover: Lack("it reads no autocomplete service", "`ContentSearchForm.tsx`"),
    }),
    "click": Feature("goes to the canvas of a hit", {}),
    "nothing": Feature("says that nothing was found", {
        Clover: Lack("the list stays empty", "`ContentSearch.tsx`"),
    }),
    "place": Feature("outlines a hit in its place", {}),
    "level 0": Feature("the same over images of a level 0 service", {}),
    "level 0 sizes": Feature("asks a level 0 service only for sizes that it has", {
        UniversalViewer: Lack(
            "its thumbnails are 90 pixels wide, and missing where there is no such size",
            "`manifesto.js`, `Canvas.getCanonicalImageUri`",
        ),
        Clover: Lack(
            "it asks for the region of each hit, which is missing in its list",
            "`Annotation/Item.tsx`: `/!100,100/0/default.jpg`",
        ),
    }),
    "turned": Feature("the same when the canvas is turned", {}),
    "units": Feature("the same where a canvas's units are not the pixels of its image", {
        Mirador: _UNITS_MIRADOR,
        UniversalViewer: Lack(
            "it takes regions for pixels of the image",
            "`OpenSeadragonCenterPanel.ts`, `getAnnotationOverlayRects`",
        ),
        Clover: Lack("it takes regions for pixels of the image", "seen on the screen"),
    }),
    "book": Feature("the same on two canvases of one height side by side", {}, _NOT_BOTH),
    "uneven book": Feature("the same on two canvases of different heights side by side", {
        Mirador: Lack(
            "it scales the canvases to one height, but not the outlines",
            "`src/lib/CanvasAnnotationDisplay.js`, `fragmentContext`: an offset, no scale",
        ),
    }, _NOT_BOTH),
}  # fmt: skip


def shows(name: str) -> Callable[[Any], Any]:
    """A test with a parameter ``kind``, once for each viewer.

    It must fail where the viewer lacks the feature.
    """
    feature = FEATURES[name]
    tried = [kind for kind in VERSIONS if kind not in feature.untried]
    return pytest.mark.parametrize("kind", [_case(kind, feature) for kind in tried])


def _case(kind: type[Viewer], feature: Feature) -> Any:
    lack = feature.lacks.get(kind)
    marks = []
    if lack is not None:
        why = f"not supported by {kind.name}: {lack.why}"
        marks = [pytest.mark.xfail(reason=why, strict=True, raises=AssertionError)]
    return pytest.param(kind, marks=marks, id=kind.name)


# -- the document ------------------------------------------------------------------------------

_HEAD = """# Our manifests in stock viewers

Mirador, Universal Viewer and Clover open what is published at `/iiif/manifest/KEY` and search in
it as they come, without any plugin of ours. The tests in `tests/viewers` drive each of them in a
real Chromium, over images of level 2 and of level 0, with every server on an origin of its own; the
outline of a hit is compared with where its part of the picture is on the screen. Nothing but the
museum's servers and ours is asked: none of the three calls home.

This file is written by `python -m tests.viewers.support`, from what those tests expect.
"""


def document() -> str:
    """docs/viewers.md."""
    names = [f"{kind.name} {version}" for kind, version in VERSIONS.items()]
    lines = ["| the viewer |", "|---|"]
    lines = [f"{lines[0]} {' | '.join(names)} |", lines[1] + "---|" * len(names)]
    for feature in FEATURES.values():
        cells = [_cell(kind, feature) for kind in VERSIONS]
        lines.append(f"| {feature.what} | {' | '.join(cells)} |")
    notes = [
        f"- **{kind.name}, {feature.what}**: {lack.why} ({lack.where})."
        for kind in VERSIONS
        for feature in FEATURES.values()
        if (lack := feature.lacks.get(kind)) is not None
    ]
    return "\n".join([_HEAD, *lines, "\n## Not supported by the viewer\n", *notes, ""])


def _cell(kind: type[Viewer], feature: Feature) -> str:
    if kind in feature.untried:
        return "not tried"
    return "no" if kind in feature.lacks else "yes"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
