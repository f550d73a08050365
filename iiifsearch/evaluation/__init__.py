"""How good the search is, on folders of pictures: the same code as in production, on a database
of its own that is dropped afterwards."""
