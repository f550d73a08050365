"""The languages that pages speak, and which of them a reader gets."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_info, pgettext

from iiifsearch.conf import options

#: Those that there are texts in (`iiifsearch/locale`), by their own names.
OWN_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "it": "Italiano"}
#: What programs ask: the same in every language, so that it can be kept and compared.
_FOR_MACHINES = ("api/", "iiif/", "health/", "metrics")


@dataclass(frozen=True)
class Language:
    """``code``: BCP 47. ``direction``: "ltr" or "rtl"."""

    code: str
    direction: str


def shown() -> Language:
    """The language that the texts of a page are in. That is not always the one that Django has
    chosen: where a project offers one that there is no translation for, the texts are in the
    project's own, or in English. So the translation itself says which it is."""
    # Translators: the code of your own language, such as de.
    code = pgettext("the language of this translation", "en")
    return Language(code, "rtl" if get_language_info(code)["bidi"] else "ltr")


def offered() -> list[tuple[str, str]]:
    """(code, its own name) of what a reader can choose; none where there is no choice."""
    if not any(name.endswith("LocaleMiddleware") for name in settings.MIDDLEWARE):
        return []
    codes = [code for code, _ in settings.LANGUAGES if code in OWN_NAMES]
    return [(code, OWN_NAMES[code]) for code in codes] if len(codes) > 1 else []


class PagesLocaleMiddleware(LocaleMiddleware):
    """The reader's language for pages and the admin; English for what programs ask.

    Django's own tells caches that everything differs by Accept-Language and says of pictures and
    JSON, too, that they are German; and it does not tell them of the cookie of who chose.
    """

    def process_request(self, request: HttpRequest) -> None:
        if _for_machines(request):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html") or _for_machines(request):
            return response
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        response.setdefault("Content-Language", translation.get_language() or "en")
        return response


def _for_machines(request: HttpRequest) -> bool:
    root = urlsplit(options.public_url).path.rstrip("/")
    return request.path.startswith(tuple(f"{root}/{part}" for part in _FOR_MACHINES))
