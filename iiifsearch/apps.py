from django.apps import AppConfig


class IIIFSearchConfig(AppConfig):
    name = "iiifsearch"
    verbose_name = "Search"

    def ready(self) -> None:
        from catalog.signals import canvases_changed, canvases_withdrawn, pictures_kept
        from iiifsearch import checks  # noqa: F401 - registers the system checks
        from iiifsearch.tasks import pictures_arrived, texts_changed
        from iiifsearch.withdrawal import forget

        canvases_changed.connect(texts_changed, dispatch_uid="iiifsearch.texts")
        pictures_kept.connect(pictures_arrived, dispatch_uid="iiifsearch.pictures")
        canvases_withdrawn.connect(forget, dispatch_uid="iiifsearch.forget")
