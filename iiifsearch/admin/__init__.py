"""The pages for operators and curators: how far the index is, what it could not make, and pairs
that show the same picture.

Most of what is derived has composite keys, which Django's admin cannot list; so the state of the
index is a view of its own (``iiifsearch.admin.urls``), reached from the admin's front page.
"""

from django.contrib import admin

from iiifsearch.admin import canvas_guesses, duplicates

__all__ = ["canvas_guesses", "duplicates"]

admin.site.index_template = "admin/iiifsearch/index.html"
