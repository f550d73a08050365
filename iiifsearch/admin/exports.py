"""Exports in the admin: a page that offers them, and the files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalog.admin.display import change_url, number
from catalog.models import Collection, State
from iiifsearch.conf import options
from iiifsearch.exports import vectors as vector_files
from iiifsearch.exports.asked import Asked
from iiifsearch.exports.encoder import NoSuchEncoder, of_pictures
from iiifsearch.exports.subjects import SUBJECTS, NoExport
from iiifsearch.exports.subjects import export as exported
from iiifsearch.exports.vectors import NoVectors, Vectors

#: Paintings whose vectors are written while somebody waits; more is for the command.
MOST_VECTORS = 20_000


@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """What can be had, of the library or of ``?collection=KEY``."""
    collection = _collection(request)
    subjects = [
        subject
        for subject in SUBJECTS.values()
        if request.user.has_perm(subject.permission)
        and (subject.of_collection or collection is None)
    ]
    if not subjects:
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": gettext("Export"),
        "subjects": subjects,
        "collection": collection,
        "collection_url": change_url(Collection, collection.pk) if collection else "",
        "encoders": options.image_encoders if collection and _sees_collections(request) else (),
        "most": number(MOST_VECTORS),
    }
    return TemplateResponse(request, "admin/iiifsearch/exports.html", context)


@require_safe
def export(request: HttpRequest, subject: str, form: str) -> HttpResponseBase:
    """One file, with drafts: who comes here may see them."""
    known = SUBJECTS.get(subject)
    if known is None:
        raise Http404
    if not request.user.has_perm(known.permission):
        raise PermissionDenied
    asked = Asked(_collection(request), drafts=True, harvested="harvested" in request.GET)
    try:
        file = exported(subject, form, asked)
    except NoExport as error:
        raise Http404(str(error)) from error
    response = StreamingHttpResponse(file.pieces, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@require_safe
def vectors(request: HttpRequest, form: str) -> HttpResponseBase:
    """Vectors of a collection by ``?encoder=NAME``."""
    if not _sees_collections(request):
        raise PermissionDenied
    collection = _collection(request)
    if collection is None or form not in vector_files.FORMS:
        raise Http404
    try:
        asked = Asked(collection, drafts=True)
        if len(asked.canvases().values_list("pk")[: MOST_VECTORS + 1]) > MOST_VECTORS:
            text = gettext(
                "It holds more than %(most)s paintings, the most whose vectors are written here: "
                "use manage.py export vectors."
            )
            raise NoVectors(text % {"most": number(MOST_VECTORS)})
        found = Vectors(of_pictures(request.GET.get("encoder", "")[:100]), asked)
        return _file(found, form, collection)
    except (NoSuchEncoder, NoVectors) as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('admin_exports')}?collection={collection.key}")


def _file(found: Vectors, form: str, collection: Collection) -> FileResponse:
    """Written to a temporary file, which goes with the answer."""
    kind = vector_files.FORMS[form]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        vector_files.save(found, form, path)
        opened = path.open("rb")  # it can be read until it is closed, though it has no name then
    name = f"{collection.key}-{found.spec.key}.{kind.suffix}"
    return FileResponse(opened, as_attachment=True, filename=name, content_type=kind.content_type)


def _sees_collections(request: HttpRequest) -> bool:
    return request.user.has_perm("catalog.view_collection")


def _collection(request: HttpRequest) -> Collection | None:
    """The one that is asked for; None for the library. Raises Http404."""
    key: Any = request.GET.get("collection", "").replace("\0", "")
    if not key:
        return None
    found = Collection.objects.filter(key=key).exclude(state=State.WITHDRAWN).first()
    if found is None:
        raise Http404(gettext("There is no such collection."))
    return found
