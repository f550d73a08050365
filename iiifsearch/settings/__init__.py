"""Django settings: ``development`` (the default), ``test`` and ``production``.

The environment is read in this package and nowhere else.
"""
