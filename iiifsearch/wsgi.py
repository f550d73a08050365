"""WSGI entry point: ``gunicorn iiifsearch.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iiifsearch.settings.production")
application = get_wsgi_application()
