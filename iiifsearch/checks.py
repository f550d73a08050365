"""System checks: wrong options and unknown encoders are told when Django starts.

The registry that is read here knows specifications only, so that checking imports no model.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from catalog.conf import problems
from iiifsearch import second_factor
from iiifsearch.conf import SearchOptions, options
from iiifsearch.encoders import register_added
from ml import registry
from ml.errors import UnknownEncoder


@register()
def check_options(**_: Any) -> list[CheckMessage]:
    wrong = problems(SearchOptions)
    if wrong:
        return [Error(text, id="iiifsearch.E001") for text in wrong]
    found: list[CheckMessage] = [Warning(text, id="iiifsearch.W001") for text in register_added()]
    wanted = [(name, "image") for name in options.image_encoders] + [(options.text_encoder, "text")]
    for name, modality in wanted:
        try:
            spec = registry.get(name)
        except UnknownEncoder as error:
            found.append(Error(str(error), id="iiifsearch.E002"))
            continue
        if spec.modality != modality:
            text = f"The encoder {name!r} reads {spec.modality}s; one for {modality}s is wanted."
            found.append(Error(text, id="iiifsearch.E003"))
    found += _check_two_factor(options.two_factor)
    found += _check_region_encoder(options.region_encoder) if options.region_encoder else []
    if "?" in options.public_url or not options.public_url.startswith(("http://", "https://")):
        found.append(
            Error(
                f"IIIFSEARCH['public_url'] is {options.public_url!r}.",
                hint="An http or https address without '?' is wanted: viewers append '?q='.",
                id="iiifsearch.E004",
            )
        )
    return found


def _check_region_encoder(name: str) -> list[CheckMessage]:
    try:
        spec = registry.get(name)
    except UnknownEncoder as error:
        return [Error(str(error), id="iiifsearch.E002")]
    if spec.of_regions:
        return []
    text = f"IIIFSEARCH['region_encoder'] is {name!r}, which is no encoder of regions."
    hint = f"Name one that is, such as {SearchOptions.region_encoder!r}, or '' for none."
    return [Error(text, hint=hint, id="iiifsearch.E006")]


def _check_two_factor(mode: str) -> list[CheckMessage]:
    if mode not in second_factor.MODES:
        text = f"IIIFSEARCH['two_factor'] is {mode!r}."
        hint = f"It is one of {', '.join(map(repr, second_factor.MODES))} (IIIFSEARCH_TWO_FACTOR)."
        return [Error(text, hint=hint, id="iiifsearch.E007")]
    wanted = ("django_otp", *second_factor.PLUGINS)
    lacking = [name for name in wanted if not apps.is_installed(name)]
    middleware = [name for name in second_factor.MIDDLEWARE if name not in settings.MIDDLEWARE]
    if mode == "off" or not (lacking or middleware):
        return []
    return [
        Error(
            f"IIIFSEARCH['two_factor'] is {mode!r}, and not all that it takes is installed.",
            hint=f"INSTALLED_APPS lacks {lacking}, MIDDLEWARE lacks {middleware}.",
            id="iiifsearch.E008",
        )
    ]


@register(deploy=True)
def check_database(**_: Any) -> list[CheckMessage]:
    if getattr(settings, "EMBEDDED_POSTGRES", None) is None:
        return []
    return [
        Error(
            "The embedded Postgres is in use.",
            hint="It is for trying and testing. Set DATABASE_URL to a Postgres that is backed up.",
            id="iiifsearch.E005",
        )
    ]
