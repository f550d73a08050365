"""Failures by reason: the same fault of a hundred URLs is one line with a count."""

from __future__ import annotations

from django.db.models import CharField, F, Func, Value

#: A reason with the URLs in it replaced, for nearly every reason names its own.
REASON_WITHOUT_URLS = Func(
    F("reason"),
    Value(r"https?://[^\s'\"<>]+[^\s'\"<>.,:;)]"),
    Value("…"),
    Value("g"),
    function="regexp_replace",
    output_field=CharField(),
)

#: Groups that are shown; beyond these nobody reads on.
MOST_GROUPS = 50
