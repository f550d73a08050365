"""Whether all is well with an installation, and what to do where it is not: `manage.py doctor`."""
