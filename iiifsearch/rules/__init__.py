"""Rules that keep filling collections: what they say, what they find, and filling by them."""
