"""What must hold before the first request: no torch, no unknown option, a database not needed."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.checks import check_options as check_catalog
from iiifsearch.checks import check_options

ROOT = Path(__file__).parent.parent.parent


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.test", **more}  # noqa: TID251
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_django_starts_and_checks_without_torch_and_without_a_database() -> None:
    code = (
        "import sys, django; django.setup();"
        "from django.core.management import call_command; call_command('check');"
        "import iiifsearch.urls;"
        "print([m for m in ('torch', 'torchvision', 'timm', 'transformers') if m in sys.modules])"
    )
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"
    done = run(sys.executable, "-c", code, DATABASE_URL=nowhere)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("[]")


def test_production_settings_name_what_is_missing() -> None:
    done = run(
        sys.executable,
        "manage.py",
        "check",
        DJANGO_SETTINGS_MODULE="iiifsearch.settings.production",
        SECRET_KEY="",
    )
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


@pytest.mark.parametrize("two_factor", ["", "required"])
def test_deployment_check_is_clean_under_production_settings(two_factor: str) -> None:
    done = run(
        *(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        DJANGO_SETTINGS_MODULE="iiifsearch.settings.production",
        DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing",
        SECRET_KEY="k" * 25 + "0123456789" * 4,
        ALLOWED_HOSTS="library.example",
        IIIFSEARCH_PUBLIC_URL="https://library.example",
        BEHIND_HTTPS_PROXY="1",
        IIIFSEARCH_TRUSTED_PROXIES="1",
        IIIFSEARCH_CONTACT="https://library.example/contact",
        IIIFSEARCH_TWO_FACTOR=two_factor,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_wrong_options_are_told(settings: Any) -> None:
    settings.CATALOG = {"max_bytes": 1, "languages": "en", "allowed_networks": ()}
    settings.IIIFSEARCH = {"page_size": "20"}
    told = [message.msg for message in (*check_catalog(), *check_options())]
    assert any("'max_bytes'] is not an option" in text for text in told)
    assert any("'languages'] is 'en': a tuple is wanted" in text for text in told)
    assert any("'page_size'] is '20': a int is wanted" in text for text in told)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"image_encoders": ("nonsense",)}, "nonsense"),
        ({"image_encoders": ("minilm",)}, "wanted"),
        ({"text_encoder": "colour"}, "wanted"),
        ({"public_url": "http://x.example/?a"}, "public_url"),
    ],
)
def test_options_that_cannot_work_are_told(
    options: dict[str, Any], word: str, settings: Any
) -> None:
    settings.IIIFSEARCH = options
    assert any(word in message.msg for message in check_options())


def test_networks_that_are_none_are_told(settings: Any) -> None:
    settings.CATALOG = {"allowed_networks": ("my server",)}
    assert "my server" in check_catalog()[0].msg


def test_another_project_can_have_our_apps() -> None:
    code = (
        "import django; django.setup();"
        "from django.core.management import call_command; call_command('check');"
        "from django.test import Client; client = Client();"
        "assert client.get('/paintings/health/live').json() == {'status': 'live'};"
        "assert client.post('/paintings/api/manifests/', {}).status_code in (401, 403);"
        "answer = client.get('/paintings/api/search/?q=');"
        "assert (answer.status_code, 'q' in answer.json()) == (400, True), answer;"
        "from django.urls import resolve; resolve('/paintings/iiif/search/2/library');"
        "print('well')"
    )
    done = run(sys.executable, "-c", code, DJANGO_SETTINGS_MODULE="tests.another_project.settings")
    assert done.stdout.strip().endswith("well"), done.stderr


def test_the_access_log_does_not_tell_what_was_looked_for() -> None:
    """gunicorn's names: r the request line, q the query, f the referrer."""
    told = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["access_log_format"]
    atoms = set(re.findall(r"%\((.+?)\)s", told))
    assert "U" in atoms and not atoms & {"r", "q", "f", "{referer}i"}
