"""How a picture or a sentence becomes numbers: encoders and handcrafted descriptors.

Knows nothing of Django, the database or HTTP.
"""

import os

# ONNX Runtime would tell its makers what it is used for, over the network, from a thread that no
# process forked from ours survives.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # noqa: TID251 - it reads nothing else
