"""The pages for operators: how far the index is, and what it could not make.

What is derived has composite keys, which Django's admin cannot list; so its page is a view of
its own (``iiifsearch.admin.urls``), reached from the admin's front page.
"""

from django.contrib import admin

admin.site.index_template = "admin/iiifsearch/index.html"
