"""How gunicorn serves us, unless its command line says otherwise."""

worker_class = "gthread"
threads = 4
# A pasted comment travels in the URL; 8190 is the most that gunicorn allows.
limit_request_line = 8190
loglevel = "warning"
# What somebody looks for is nobody else's business: the path is logged, not what follows its "?",
# nor the page that a visitor came from, which may be a search.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'


def post_worker_init(worker: object) -> None:
    """Before it takes requests: the first visitor does not wait for what is loaded once."""
    from iiifsearch.warm import warm_up

    warm_up()
