"""A host that bears so many requests a second, harvested by two workers: what its own log shows.

python -m benchmarks.polite --rate 5 --canvases 60 --var /tmp/bench
"""

from __future__ import annotations

import argparse
import time
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path

from benchmarks.harvest import PORT, Bench, installation, museum, working

EVERYTHING = ("harvest", "fetch", "extract", "index")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=5.0, help="requests a second")
    parser.add_argument("--canvases", type=int, default=60)
    parser.add_argument("--var", type=Path, required=True)
    chosen = parser.parse_args()
    with installation(chosen.var):
        from catalog.harvest.run import request
        from catalog.models import Host, Picture

        bench = Bench(chosen.canvases, 1, chosen.var)
        bench.empty()
        Host.objects.create(name=f"127.0.0.1:{PORT}", delay=1 / chosen.rate, concurrency=2)
        with museum(chosen.canvases, 1, bench.log) as url:
            both = ((EVERYTHING, 4), (EVERYTHING, 4))
            with working(*both):
                bench.wait_for(both)
                run = request(url)
                while Picture.objects.filter(outcome="kept").count() < chosen.canvases:
                    time.sleep(0.5)
            run.refresh_from_db()
        # The first line is the benchmark's own look at whether the server is up.
        times = sorted(float(line.split()[0]) for line in bench.asked()[1:])
    most = max(bisect_left(times, moment + 1) - place for place, moment in enumerate(times))
    gaps = sorted(after - before for before, after in pairwise(times))
    print(f"{'asked for at most, requests a second':42} {chosen.rate:.1f}")
    print(f"{'received, requests a second':42} {(len(times) - 1) / (times[-1] - times[0]):.2f}")
    print(f"{'received at most in any one second':42} {most}")
    print(f"{'requests':42} {len(times)}")
    print(
        f"{'shortest, median gap, ms':42} {gaps[0] * 1000:.0f}, {gaps[len(gaps) // 2] * 1000:.0f}"
    )
    print(f"{'manifests, by two workers':42} {run.created}")


if __name__ == "__main__":
    main()
