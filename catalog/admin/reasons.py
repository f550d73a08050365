"""Failures by reason: the same fault of a hundred URLs is one line with a count."""

from __future__ import annotations

from django.db.models import CharField, F, Func, Value

#: Groups that are shown; beyond these nobody reads on.
MOST_GROUPS = 50


def _replaced(text: F | Func, pattern: str, by: str) -> Func:
    return Func(
        *(text, Value(pattern), Value(by), Value("g")),
        function="regexp_replace",
        output_field=CharField(),
    )


#: A reason without the URLs in it, for nearly every reason begins with its own.
REASON_WITHOUT_URLS = _replaced(
    _replaced(F("reason"), r"^https?://\S+: ", ""), r"https?://[^\s'\"<>]+[^\s'\"<>.,:;)]", "…"
)
