"""Dates in English as museums write them: the day first, as in German, French and Italian."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
