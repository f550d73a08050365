"""Descriptors computed by arithmetic alone, one per file; they need no weights and no torch."""
