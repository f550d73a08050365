"""What a browser may do with our pages: show what is ours, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

#: Descriptions may hold images of other servers: a visitor's browser does not ask for those.
POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "style-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
#: The viewer fetches manifests, info.json and tiles from whichever museum a painting hangs in, and
#: writes its styles into the page as it goes; scripts are ours alone, here too.
VIEWER_POLICY = POLICY | {
    "img-src": "'self' data: blob: https: http:",
    "style-src": "'self' 'unsafe-inline'",
    "connect-src": "'self' https: http:",
    "frame-ancestors": "'self'",
}


def content_security(view: View[P]) -> View[P]:
    """Send the Content-Security-Policy of our pages with what ``view`` answers."""
    return _with_policy(view, POLICY)


def viewer_security(view: View[P]) -> View[P]:
    """The same for the page of the viewer."""
    return _with_policy(view, VIEWER_POLICY)


def _with_policy(view: View[P], policy: Mapping[str, str]) -> View[P]:
    told = "; ".join(f"{name} {sources}" for name, sources in policy.items())

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = told
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # Curators see more than others do; whoever is not signed in gets what all get.
            patch_cache_control(response, private=True)
        return response

    return wrapped
