from django.apps import AppConfig


class PagesConfig(AppConfig):
    """An app of its own, so that Django finds its templates, tags and static files."""

    name = "iiifsearch.pages"
    label = "iiifsearch_pages"
    verbose_name = "Pages"
