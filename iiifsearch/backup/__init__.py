"""The library in one file, and back again: ``save`` writes it, ``load`` reads it, ``archive`` is
the file, ``tables`` what is in it."""
