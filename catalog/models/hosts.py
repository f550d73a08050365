"""Servers that we ask: how politely, what they said of it, and how they are."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Host(models.Model):
    """A server, shared by all workers: its row is where they take turns (`catalog.hosts`).

    ``delay`` and ``concurrency`` override CATALOG["host_delay"] and CATALOG["host_concurrency"]
    where they are set.
    """

    #: Lower case, with the port where it is not the scheme's own: "images.example.org",
    #: "127.0.0.1:8183".
    name = models.TextField(unique=True)
    delay = models.FloatField(
        null=True, blank=True, help_text="Seconds between the starts of two requests."
    )
    concurrency = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Requests at a time, of all workers together."
    )
    obey_robots = models.BooleanField(default=True, help_text=_("Honour its robots.txt."))
    note = models.TextField(blank=True)

    #: Not before this may the next request start.
    next_turn = models.DateTimeField(null=True, blank=True)
    #: Until when each of the requests under way holds its place, at the latest.
    busy = ArrayField(models.DateTimeField(), default=list, blank=True)
    #: Failures in a row, and until when the host is left alone because of them.
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    rest_reason = models.TextField(blank=True)

    robots = models.TextField(blank=True)
    robots_at = models.DateTimeField(null=True, blank=True)
    #: Seconds that its robots.txt asks for between two requests.
    crawl_delay = models.FloatField(null=True, blank=True)

    requests = models.PositiveBigIntegerField(default=0)
    last_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
