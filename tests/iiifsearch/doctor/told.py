"""What a check told, for tests."""

from __future__ import annotations

from django.db import connection

from iiifsearch.doctor.findings import Check, Finding


def told(check: Check) -> dict[str, Finding]:
    """By what it is about."""
    return {finding.about: finding for finding in check()}


def levels(check: Check) -> set[str]:
    return {finding.level.value for finding in check()}


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
