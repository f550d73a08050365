from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class IIIFSearchConfig(AppConfig):
    name = "iiifsearch"
    verbose_name = pgettext_lazy("app", "Search")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from catalog import signals
        from iiifsearch import (
            checks,  # noqa: F401 - registers the system checks
            tasks,
        )
        from iiifsearch.encoders import register_added
        from iiifsearch.index.find_work import note_changed
        from iiifsearch.metrics.measures import fetch_ended
        from iiifsearch.presentation import versions
        from iiifsearch.roles import make_roles
        from iiifsearch.withdrawal import forget

        register_added()  # before live encoders are asked for by name

        signals.canvases_changed.connect(note_changed, dispatch_uid="iiifsearch.note")
        signals.changes_made.connect(tasks.changes_made, dispatch_uid="iiifsearch.texts")
        signals.pictures_kept.connect(tasks.pictures_arrived, dispatch_uid="iiifsearch.pictures")
        signals.collections_changed.connect(versions.keep, dispatch_uid="iiifsearch.versions")
        signals.canvases_withdrawn.connect(forget, dispatch_uid="iiifsearch.forget")
        signals.fetched.connect(fetch_ended, dispatch_uid="iiifsearch.fetched")
        post_migrate.connect(make_roles, sender=self, dispatch_uid="iiifsearch.roles")
