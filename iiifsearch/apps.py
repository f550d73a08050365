from django.apps import AppConfig


class IIIFSearchConfig(AppConfig):
    name = "iiifsearch"
    verbose_name = "Search"

    def ready(self) -> None:
        from catalog.signals import canvases_changed
        from iiifsearch import checks  # noqa: F401 - registers the system checks
        from iiifsearch.tasks import wake

        canvases_changed.connect(wake, dispatch_uid="iiifsearch.wake")
