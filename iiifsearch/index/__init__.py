"""Find the canvases whose features are missing or stale, make them, store them, index them."""
