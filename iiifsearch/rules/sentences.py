"""A rule as a curator reads it: a sentence for each of its conditions."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from iiifsearch.pages.wording import RIGHTS_GROUPS
from iiifsearch.rules.rule import Rule


def sentences(rule: Rule, source: str = "") -> list[str]:
    """``source``: what the collection or manifest is called that it looks in.

    >>> sentences(Rule(maker="Monet", first=1870))
    ['Its maker’s name holds “Monet”.', 'It was made in 1870 or later.']
    """
    told = [
        (rule.maker, gettext("Its maker’s name holds “%(maker)s”.")),
        (rule.object_type, gettext("The type of work holds “%(object_type)s”.")),
        (_years(rule), _years(rule)),
        (rule.rights, gettext("Its rights are: %(rights)s.")),
        (rule.collection, gettext("It is in the collection “%(collection)s”.")),
        (rule.manifest, gettext("It is in the manifest “%(manifest)s”.")),
        (rule.tag, _tag(rule)),
        (rule.words, gettext("Its title, record or comments hold all of: %(words)s.")),
        (rule.like, _likeness(rule)),
    ]
    values = {
        **{name: getattr(rule, name) for name in Rule.__dataclass_fields__},
        "collection": source or rule.collection,
        "manifest": source or rule.manifest,
        "rights": dict(RIGHTS_GROUPS).get(rule.rights, rule.rights),
        "examples": len(rule.like),
    }
    return [sentence % values for given, sentence in told if given]


def _years(rule: Rule) -> str:
    if rule.first is not None and rule.last is not None:
        return gettext("It was made from %(first)d to %(last)d.")
    if rule.first is not None:
        return gettext("It was made in %(first)d or later.")
    return gettext("It was made in %(last)d or before.") if rule.last is not None else ""


def _tag(rule: Rule) -> str:
    if rule.label:
        return gettext("Its record or a tag says “%(label)s: %(tag)s”.")
    return gettext("A row of its record, or a tag, says “%(tag)s”.")


def _likeness(rule: Rule) -> str:
    return ngettext(
        "Of these it is among the %(most)d most like %(examples)d example, at least %(least)d %% "
        "alike; the example is not taken itself.",
        "Of these it is among the %(most)d most like %(examples)d examples, at least %(least)d %% "
        "alike; the examples are not taken themselves.",
        len(rule.like),
    )
