"""What reading IIIF yields: frozen values, the same for Presentation 2, 3 and 4.

Nothing in here is guessed in silence. Where the source is silent the field is None or empty;
where it was odd and could be read all the same, a `ReadingWarning` says what was done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from catalog.geometry import Rect

#: Language tag -> texts, as in Presentation 3 (section 4.1); "none" where no language is given.
LanguageMap = dict[str, list[str]]

CanvasKind = Literal["image", "audio", "video", "3d", "text", "empty", "unknown"]
MemberKind = Literal["manifest", "collection"]
ActivityType = Literal["create", "update", "delete", "move", "add", "remove", "refresh"]
ObjectKind = Literal["manifest", "collection", "other"]
PresentationVersion = Literal[2, 3, 4]
ImageApiVersion = Literal["1.0", "1.1", "2", "3"]


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """Something odd that was read all the same, or left out.

    ``code`` is stable and short (``canvas-without-id``), ``message`` says in plain words what
    was found and what was done, ``path`` is where: ``sequences[0].canvases[3].images[0]``;
    empty for the document as a whole.
    """

    code: str
    message: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """A label and its value, for display; HTML in it is as the source gave it."""

    label: LanguageMap
    value: LanguageMap


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """An image service as a manifest speaks of it; its info.json has the last word.

    ``id`` is the base URI (no ``/info.json``, no trailing slash). ``version`` and ``level`` are
    None where the manifest does not say so: ask info.json.
    """

    id: str
    version: ImageApiVersion | None = None
    level: Literal[0, 1, 2] | None = None
    profile_raw: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedImage:
    """One image painted on a canvas, or one of several choices.

    ``url`` is the image resource itself, absolute, "" where only a service is known.
    ``target`` is the part of the canvas it covers, in canvas units; None: the whole canvas.
    ``region`` is the part of the image that is shown: a `Rect` in pixels of the full image, or
    the words of the Image API ("square", "pct:..."); None: all of it. ``rotation`` is in
    degrees clockwise, to be applied after ``region``. ``is_default`` is False for the
    alternatives of a choice. ``restricted`` tells that an authorisation service guards it;
    ``probe`` is the URL of its AuthProbeService2, "" where none is named.
    """

    url: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    service: ServiceRef | None = None
    target: Rect | None = None
    region: Rect | str | None = None
    rotation: float = 0.0
    choice_label: str | None = None
    is_default: bool = True
    restricted: bool = False
    probe: str = ""


@dataclass(frozen=True, slots=True)
class TextBody:
    """A text that an annotation says; ``format`` is a media type such as text/plain."""

    value: str
    format: str = "text/plain"
    language: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedAnnotation:
    """An annotation on a canvas that is not a painting: comment, description, tag, transcript.

    ``motivations`` bear no prefix ("commenting", not "oa:commenting"). ``target_canvas`` is the
    absolute id of the canvas, None where the target could not be made out. ``target`` is in
    canvas units; None: the whole canvas. An annotation with several targets is read as several:
    the second and later ones have ``#target-2`` ... after their id.
    """

    id: str
    motivations: tuple[str, ...]
    bodies: tuple[TextBody, ...]
    target_canvas: str | None = None
    target: Rect | None = None
    creator: str | None = None
    created: str | None = None
    modified: str | None = None
    raw_id: str | None = None
    id_synthesised: bool = False


@dataclass(frozen=True, slots=True)
class ParsedCanvas:
    """One canvas, at ``position`` (from 0) in its manifest.

    ``id`` is absolute; ``raw_id`` is what the source wrote, None where it wrote nothing, and then
    ``id_synthesised`` is True. ``width`` and ``height`` are in canvas units, ``duration`` in
    seconds. ``kind`` is what it shows; where there is nothing to look at, ``skipped_reason``
    says why in plain words, and it is None otherwise. ``annotation_refs`` are URLs of annotation
    pages or lists that are not embedded.
    """

    id: str
    raw_id: str | None
    id_synthesised: bool
    position: int
    label: LanguageMap = field(default_factory=dict)
    summary: LanguageMap = field(default_factory=dict)
    metadata: tuple[MetadataEntry, ...] = ()
    rights: str | None = None
    required_statement: MetadataEntry | None = None
    width: float | None = None
    height: float | None = None
    duration: float | None = None
    thumbnail: str | None = None
    kind: CanvasKind = "empty"
    skipped_reason: str | None = None
    images: tuple[ParsedImage, ...] = ()
    annotations: tuple[ParsedAnnotation, ...] = ()
    annotation_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedManifest:
    """A manifest, whichever version it was written in.

    ``id`` is absolute: the source's own, resolved against the URL it was fetched from, or that
    URL where it has none. ``homepage``, ``provider`` and ``see_also`` are dicts with ``id`` and,
    where known, ``type``, ``label`` (a language map), ``format``, ``profile``, ``language``;
    a provider also has ``homepage`` (a list of such dicts) and ``logo`` (a URL).
    ``annotations`` are those embedded at manifest level; a canvas has its own.
    ``raw`` is the parsed JSON, unchanged.
    """

    id: str
    raw_id: str | None
    version: PresentationVersion
    label: LanguageMap = field(default_factory=dict)
    summary: LanguageMap = field(default_factory=dict)
    metadata: tuple[MetadataEntry, ...] = ()
    rights: str | None = None
    required_statement: MetadataEntry | None = None
    homepage: tuple[dict[str, Any], ...] = ()
    provider: tuple[dict[str, Any], ...] = ()
    thumbnail: str | None = None
    see_also: tuple[dict[str, Any], ...] = ()
    canvases: tuple[ParsedCanvas, ...] = ()
    annotations: tuple[ParsedAnnotation, ...] = ()
    annotation_refs: tuple[str, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class CollectionMember:
    """A manifest or collection that a collection lists; ``id`` is absolute, fit to be fetched.

    ``embedded`` is a collection whose members stand inside this document, to any depth: it need
    not be anywhere else. ``manifest`` is a manifest whose canvases do; its own URL has the better
    word, if it leads anywhere. Both are None for what is only named. ``id_synthesised``: the
    source gave no id, and there is nothing to fetch under this one.
    """

    kind: MemberKind
    id: str
    label: LanguageMap = field(default_factory=dict)
    embedded: ParsedCollection | None = field(default=None, repr=False)
    manifest: ParsedManifest | None = field(default=None, repr=False)
    id_synthesised: bool = False


@dataclass(frozen=True, slots=True)
class ParsedCollection:
    """A collection, or one page of one.

    ``members`` are in the source's order, each once. ``next_page`` is the URL of the next page
    (of the first, where this document holds none itself), None at the end. ``total`` is what
    the source claims, not a count.
    """

    id: str
    raw_id: str | None
    version: PresentationVersion
    label: LanguageMap = field(default_factory=dict)
    summary: LanguageMap = field(default_factory=dict)
    members: tuple[CollectionMember, ...] = ()
    next_page: str | None = None
    total: int | None = None
    warnings: tuple[ReadingWarning, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ParsedAnnotationPage:
    """Annotations from a document of their own: AnnotationPage, sc:AnnotationList, oa lists."""

    annotations: tuple[ParsedAnnotation, ...] = ()
    next_page: str | None = None
    warnings: tuple[ReadingWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedActivity:
    """One change that a stream tells of (Change Discovery 1.0, section 3.3).

    ``object_id`` is absolute, "" for ``refresh``, which has no object. ``object_type_raw`` is the
    type as written, "" where none is; such an object is taken for a manifest. ``target_id`` is
    the new place for ``move``, the stream for ``add`` (its target) and ``remove`` (its origin),
    "" otherwise. Times are aware and in UTC, None where the source gives none: level 0 never does.
    """

    type: ActivityType
    object_id: str
    object_kind: ObjectKind
    object_type_raw: str = ""
    target_id: str = ""
    end_time: datetime | None = None
    start_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedStream:
    """A Change Discovery stream: an OrderedCollection.

    ``first`` and ``last`` are URLs of its oldest and its newest page. ``activities`` are those
    that stand in the collection itself, oldest first: all there are where it has no pages.
    ``total`` is what the source claims, not a count.
    """

    id: str
    first: str | None
    last: str | None
    total: int | None
    label: LanguageMap = field(default_factory=dict)
    warnings: tuple[ReadingWarning, ...] = ()
    activities: tuple[ParsedActivity, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedActivityPage:
    """A page of a stream; its activities are oldest first. ``part_of`` is the stream's id."""

    id: str
    prev: str | None
    next: str | None
    part_of: str | None
    activities: tuple[ParsedActivity, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


#: Whatever a URL that is harvested may turn out to be.
Parsed = ParsedManifest | ParsedCollection | ParsedStream | ParsedActivityPage
