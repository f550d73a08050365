"""A text in several languages as rows of a form: a language, and the text in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.conf import options
from catalog.iiif.language import NONE
from catalog.iiif.types import LanguageMap

#: Rows that are empty at first; a script adds more.
EMPTY_ROWS = 2
MOST_ROWS = 100

#: The shape of a tag of BCP 47, not whether there is such a language.
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_LONGEST_TAG = 35

Row = tuple[str, str]


class LanguageRows(forms.Widget):
    """Rows of two fields that all bear the same two names: they are read in the order in which
    they stand, so that a script can add and remove some."""

    template_name = "admin/catalog/language_rows.html"

    class Media:
        css = {"all": ["catalog/admin/language_rows.css"]}
        js = [forms.widgets.Script("catalog/admin/language_rows.js", type="module")]

    def __init__(self, *, lines: int = 1, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.lines = lines

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        given = value if isinstance(value, list) else rows_of(value or {})
        rows = [row for row in given if any(row)]
        there = {language for language, _text in rows}
        rows += [(tag, "") for tag in options.languages if tag not in there]
        rows += [("", "")] * EMPTY_ROWS
        return context | {"rows": rows, "lines": self.lines}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        """The rows as they were filled in; of what is no form's answer, none."""
        if not hasattr(data, "getlist"):
            return []
        languages, texts = data.getlist(f"{name}-language"), data.getlist(f"{name}-text")
        return list(zip(languages, texts, strict=False))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-text" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else ""


class LanguageMapField(forms.Field):
    """Cleans to a language map; a row without a text says nothing, one without a language is of
    none. Several rows of one language are several texts."""

    default_error_messages = {
        "tag": _("“%(tag)s” is no language: write a tag such as en, fr or pt-BR."),
        "long": _("A text has %(length)d characters; %(most)d at most."),
        "rows": _("%(rows)d texts; %(most)d at most."),
        "null": _("A text holds a character that nobody sees and nothing can keep (NUL)."),
    }

    def __init__(self, *, longest: int, lines: int = 1, **kwargs: Any) -> None:
        super().__init__(widget=LanguageRows(lines=lines), **kwargs)
        self.longest = longest

    def to_python(self, value: Any) -> LanguageMap:
        rows = [(tag.strip(), text.strip()) for tag, text in value or []]
        rows = [(tag, text) for tag, text in rows if text]
        if len(rows) > MOST_ROWS:
            self._fail("rows", rows=len(rows), most=MOST_ROWS)
        found: LanguageMap = {}
        for tag, text in rows:
            if "\0" in tag or "\0" in text:
                self._fail("null")
            if len(text) > self.longest:
                self._fail("long", length=len(text), most=self.longest)
            found.setdefault(self._tag(tag), []).append(text.replace("\r\n", "\n"))
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except forms.ValidationError:
            return True

    def _tag(self, tag: str) -> str:
        if tag.lower() in ("", NONE):
            return NONE
        if len(tag) > _LONGEST_TAG or not _TAG.fullmatch(tag):
            self._fail("tag", tag=tag[:40])
        return tag

    def _fail(self, code: str, **params: Any) -> None:
        raise forms.ValidationError(self.error_messages[code], code=code, params=params)


def rows_of(texts: LanguageMap) -> list[Row]:
    """One row a text: in the library's languages first, in its order; without one, last."""
    first = {tag: place for place, tag in enumerate(options.languages)}
    tags = sorted(texts, key=lambda tag: (tag == NONE, first.get(tag, len(first)), tag))
    return [("" if tag == NONE else tag, text) for tag in tags for text in texts[tag]]


def described(maps: Iterable[tuple[str, LanguageMap]]) -> list[tuple[str, str, str]]:
    """(what, language, text) of named language maps, to be shown."""
    return [
        (what, tag or gettext("no language"), text)
        for what, texts in maps
        for tag, text in rows_of(texts)
    ]
