#!/usr/bin/env python
"""Django's command line for iiifsearch."""

import os
import sys

#: Commands that work, and must work, with the database down; and the demo, which stops it too.
WITHOUT_DATABASE = {"check", "collectstatic", "compilemessages", "demo", "diffsettings"}
WITHOUT_DATABASE |= {"encoders", "help"}
WITHOUT_DATABASE |= {"makemessages", "makemigrations", "postgres", "spectacular", "version"}


def start_embedded_postgres() -> None:
    """Start the embedded Postgres if the settings use it and it is down."""
    from django.conf import settings

    server = settings.EMBEDDED_POSTGRES
    if server is not None:
        server.start()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iiifsearch.settings.development")
    from django.core.management import execute_from_command_line

    from iiifsearch.embedded_postgres import EmbeddedPostgresError

    # Django reads --settings later than we need it; it wins over the environment, as with Django.
    for position, word in enumerate(sys.argv):
        if word == "--settings" and position + 1 < len(sys.argv):
            os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[position + 1]
        elif word.startswith("--settings="):
            os.environ["DJANGO_SETTINGS_MODULE"] = word.partition("=")[2]
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_DATABASE and "--help" not in sys.argv and "-h" not in sys.argv:
        try:
            start_embedded_postgres()
        except EmbeddedPostgresError as error:
            sys.exit(f"The embedded Postgres did not start. {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
