"""Learned encoders defined in torch, one adapter per file. Serving never imports them."""
