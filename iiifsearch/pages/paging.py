"""What is listed page by page under one address."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page


class Paged:
    """``page``: the one that is shown. ``address``: of the first; the others follow by number."""

    @property
    def page(self) -> Page[Any]:
        raise NotImplementedError

    @property
    def address(self) -> str:
        raise NotImplementedError

    @property
    def previous_url(self) -> str:
        return self._url(self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self._url(self.page.number + 1) if self.page.has_next() else ""

    def _url(self, number: int) -> str:
        return f"{self.address}?page={number}" if number > 1 else self.address
