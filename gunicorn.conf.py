"""How gunicorn serves us, unless its command line says otherwise."""

import gc
import os
from pathlib import Path

from iiifsearch.arenas import few_arenas
from iiifsearch.metrics import folder
from iiifsearch.settings import environment

logger_class = "iiifsearch.gunicorn_log.GunicornLogger"
worker_class = "gthread"
threads = 4
# A pasted comment travels in the URL; 8190 is the most that gunicorn allows.
limit_request_line = 8190
loglevel = "warning"
# What somebody looks for is nobody else's business: the path is logged, not what follows its "?",
# nor the page that a visitor came from, which may be a search.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'

# Processes share what they measure through files here.
if environment.text("IIIFSEARCH_METRICS_TOKEN"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.own(environment.var()))


def on_starting(server: object) -> None:
    """Begin with nothing measured: the server keeps the folder's lock for as long as it lives.
    Then load what its processes share."""
    if where := environment.text("PROMETHEUS_MULTIPROC_DIR"):
        server.metrics_lock = folder.begin(Path(where))  # type: ignore[attr-defined]
    few_arenas()
    server.app.wsgi()  # type: ignore[attr-defined]
    from iiifsearch.warm import load

    load()
    # What is collected is written to; what is shared should not be.
    gc.collect()
    gc.freeze()


def child_exit(server: object, worker: object) -> None:
    """What a process was doing when it ended, nobody does any more."""
    if environment.text("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[attr-defined]


def post_worker_init(worker: object) -> None:
    """Before it takes requests: the first visitor does not wait for what is loaded once."""
    from iiifsearch.warm import warm_up

    warm_up()
