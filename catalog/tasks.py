"""Background jobs: ids in, service called."""

from __future__ import annotations

from procrastinate.contrib.django import app

from catalog.harvest import run as harvesting
from catalog.models import HarvestRun


@app.task(queue="harvest", pass_context=False)
def harvest(run_id: int) -> None:
    """Perform one harvest run. A run that has ended is left alone, so a job may come twice."""
    run = HarvestRun.objects.select_related("source").get(pk=run_id)
    if run.state in (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING):
        harvesting.perform(run)
