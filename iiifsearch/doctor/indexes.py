"""The HNSW indexes: there, whole, and of a size that memory holds."""

from __future__ import annotations

from collections.abc import Iterator

from iiifsearch import answering
from iiifsearch.conf import options
from iiifsearch.doctor.asking import beside_us, one, rows, size
from iiifsearch.doctor.disk import free_of
from iiifsearch.doctor.findings import Finding, error, note, ok, warning
from iiifsearch.index import ann, estimates, manage
from iiifsearch.index.build_memory import MB, advice, memory_of


def live_indexes() -> Iterator[Finding]:
    """Each live index is there; where it is not, searches scan its vectors one by one."""
    missing = set(ann.missing())
    under_way = {build.name for build in manage.builds()}
    few = []
    # Of a version that is to take over it is built when that is made of all (`features.versions`).
    coming = {new.key for one in answering.live() for _, new in one.steps}
    for index in ann.live_indexes():
        if index.name not in missing or index.spec.key in coming:
            continue
        about = index.spec.key
        count = estimates.rows(index.table, index.filter_sql)
        if index.name in under_way:
            advice = "How far it is: the admin, under State of the index."
            yield note(about, f"{index.name} is being built.", advice)
        elif count > options.exact_rows:
            yield warning(
                about,
                f"{index.name} is not there: a search by it reads about {count:,} vectors.",
                f"manage.py encoders --build {about}",
            )
        else:
            few.append(index.name)
    if few:
        yield note(
            "live_indexes",
            f"{len(few)} are not there ({', '.join(few)}); so few vectors are searched quickly "
            "without.",
            "A worker builds them when nothing else is under way, or: manage.py index",
        )
    if not missing:
        yield ok("live_indexes", f"All {len(ann.live_indexes())} are there.")


def broken_indexes() -> Iterator[Finding]:
    """What interrupted builds left behind: it is written to, and answers nothing."""
    broken = [
        name
        for (name,) in rows(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE (NOT i.indisvalid OR NOT i.indisready) AND pg_table_is_visible(c.oid) "
            "AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p "
            "                WHERE p.relid = i.indrelid) ORDER BY c.relname"
        )
    ]
    live = {index.name: index.spec.key for index in ann.live_indexes()}
    for name in broken:
        half_built = name.endswith("_ccnew") and name.removesuffix("_ccnew") in live
        whose = live.get(name) or live.get(name.removesuffix("_ccnew"))
        told = "was left half-built" if half_built else "is not valid"
        yield error(
            name,
            f"The index {name} {told}: it costs every write, and no search uses it.",
            f"manage.py encoders --build {whose}"
            if whose
            else f"In psql: DROP INDEX CONCURRENTLY {name};",
        )
    if not broken:
        yield ok("broken_indexes", "None was left half-built.")


def build_memory() -> Iterator[Finding]:
    """Whether each graph fits into the memory that its build may take, now and at twice its
    rows."""
    tight = 0
    for index in ann.live_indexes():
        now, later = memory_of(index), memory_of(index, times=2)
        if not now.fits:
            tight += 1
            yield warning(index.spec.key, f"A build of {index.name} would be slow.", advice(now))
        elif not later.fits:
            tight += 1
            yield note(
                index.spec.key,
                f"With twice its vectors a build of {index.name} would be slow.",
                advice(later),
            )
    if not tight:
        yield ok("build_memory", "Every graph fits, at twice its vectors too.")


def shared_memory() -> Iterator[Finding]:
    """Processes that build an index together share its memory in /dev/shm."""
    about = "shared_memory"
    if one("SHOW dynamic_shared_memory_type") != "posix":
        return
    wanted = max((memory_of(index).given for index in ann.live_indexes()), default=0)
    free = free_of("/dev/shm") if beside_us() else None  # noqa: S108 - looked at, not written to
    told = f"The largest build takes {size(wanted)} of /dev/shm of the database server"
    if free is None:
        yield note(
            about, f"{told}, which cannot be seen from here.", "On that machine: df -h /dev/shm"
        )
    elif free < wanted:
        yield warning(
            about,
            f"{told}; {size(free)} are free: it will be built by one process, which takes longer.",
            f"Give it {wanted // MB + 64} MB: mount -o remount,size=… /dev/shm; in a container "
            "shm_size.",
        )
    else:
        yield ok(about, f"{told}; {size(free)} are free.")


def cached() -> Iterator[Finding]:
    """Whether the indexes are likely to stay in memory: a walk through a graph on disk is slow."""
    sizes = manage.index_sizes()
    ((buffers, cache),) = rows(
        "SELECT pg_size_bytes(current_setting('shared_buffers')), "
        "pg_size_bytes(current_setting('effective_cache_size'))"
    )
    together = sum(sizes.get(index.name, 0) for index in ann.live_indexes())
    told = (
        f"The indexes take {size(together)}; Postgres has shared_buffers = {size(buffers)}, and is "
        f"told that {size(cache)} stay in memory (effective_cache_size)."
    )
    if together > cache:
        yield warning(
            "cached",
            told,
            "If the machine has more memory, raise both (a quarter and three quarters of it) in "
            "postgresql.conf; else give it more, or take encoders out of IIIFSEARCH.",
        )
    elif together > buffers:
        yield note(
            "cached",
            told,
            "Nothing needs to be done while the operating system caches the rest; raising "
            "shared_buffers to a quarter of the memory helps.",
        )
    else:
        yield ok("cached", told)
