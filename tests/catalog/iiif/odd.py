"""Odd manifests, made from the samples, and what is read of them."""

from __future__ import annotations

from catalog.iiif.reader import read
from tests.catalog.iiif import samples


def codes(found):
    return {w.code for w in found.warnings}


def read_value(value, url=samples.URL):
    return read(samples.data(value), url)


def with_canvas2(**changes):
    manifest = samples.manifest2()
    manifest["sequences"][0]["canvases"][0].update(changes)
    return manifest


def with_canvas3(**changes):
    manifest = samples.manifest3()
    manifest["items"][0].update(changes)
    return manifest


def with_resource(resource):
    painting = samples.painting2()
    painting["resource"] = resource
    return with_canvas2(images=[painting])


def with_body(body, **changes):
    painting = {**samples.painting3(), "body": body, **changes}
    return with_canvas3(items=[{"type": "AnnotationPage", "items": [painting]}])


def image_of(value):
    (image,) = read_value(value).canvases[0].images
    return image
