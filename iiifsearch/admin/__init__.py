"""The pages for operators and curators: how far the index is, what it could not make, and pairs
that show the same picture.

Most of what is derived has composite keys, which Django's admin cannot list; so the state of the
index is a view of its own (``iiifsearch.admin.urls``), reached from the admin's front page.
"""

from django.contrib import admin

from iiifsearch.admin import api_tokens, canvas_guesses, duplicates
from iiifsearch.admin.signing_in import SignInForm
from iiifsearch.second_factor import PLUGINS

__all__ = ["api_tokens", "canvas_guesses", "duplicates"]

admin.site.index_template = "admin/iiifsearch/index.html"
admin.site.login_form = SignInForm
admin.site.login_template = "admin/iiifsearch/login.html"

# What people sign in with is nobody else's to look at: each sees to it on a page of their own.
for _model in [model for model in admin.site._registry if model.__module__.startswith(PLUGINS)]:
    admin.site.unregister(_model)
