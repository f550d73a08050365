"""How gunicorn serves us, unless its command line says otherwise."""

worker_class = "gthread"
threads = 4
# A pasted comment travels in the URL; 8190 is the most that gunicorn allows.
limit_request_line = 8190
loglevel = "warning"


def post_worker_init(worker: object) -> None:
    """Before it takes requests: the first visitor does not wait for what is loaded once."""
    from iiifsearch.warm import warm_up

    warm_up()
