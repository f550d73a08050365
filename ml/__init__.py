"""How a picture or a sentence becomes numbers: encoders and handcrafted descriptors.

Knows nothing of Django, the database or HTTP.
"""
