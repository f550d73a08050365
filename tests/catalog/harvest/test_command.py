"""``manage.py harvest``: what it says, and how it ends."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import HarvestRun
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


def said(*arguments: object, **more: object) -> str:
    out = StringIO()
    call_command("harvest", *arguments, stdout=out, **more)
    return out.getvalue()


def test_it_tells_what_became_of_it(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, canvases=2))
    assert "1 created; 2 canvases." in said(url)
    assert "1 unchanged; 2 canvases." in said(url)
    assert "1 updated; 2 canvases." in said(url, full=True)


def test_failures_are_told_and_it_ends_badly(server: Museum) -> None:
    good = server.set("/m1.json", manifest_3(server.base))
    url = server.set("/c.json", collection_3(server.base, "c", [good, server.url("/gone.json")]))
    with pytest.raises(CommandError, match="1 of 2 failed"):
        said(url)
    with pytest.raises(CommandError, match="not a URL"):
        said("nonsense")
    with pytest.raises(CommandError, match="Name a URL"):
        said()


def test_what_failed_is_tried_again_by_number(server: Museum) -> None:
    url = server.url("/m1.json")
    with pytest.raises(CommandError):
        said(url)
    run = HarvestRun.objects.get()
    assert "1 URLs and pictures are tried again" in said(run=run.pk, retry_failed=True)
    run.refresh_from_db()
    assert (run.state, run.pending) == ("running", 1)
    with pytest.raises(CommandError, match="no harvest run 0"):
        said(run=0)


def test_queued_work_is_left_to_the_workers(server: Museum) -> None:
    assert "Queued as run" in said(server.url("/m1.json"), queue=True)
    assert server.log == []
