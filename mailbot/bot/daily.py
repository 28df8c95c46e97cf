"""The day's limit of model calls, counted in the owner's zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from mailbot.job import Job
from mailbot.notices import trouble
from mailbot.world import World

KIND = "daily"
HINT = "The other flags wait until tomorrow; raise schedule.daily_drafts if you like"


def wait_for_tomorrow(world: World, job: Job) -> Job | None:
    """None while calls are left today; else the job, which waits until midnight. The owner is told."""
    midnight = datetime.combine(world.time().date(), time(), world.config.zone)
    limit = world.config.schedule.daily_drafts
    tomorrow = (midnight + timedelta(days=1)).timestamp()
    if world.journal.model_calls(midnight.timestamp(), tomorrow) < limit:
        return None
    made = f"the {limit:,} drafts of today are made" if limit > 1 else "the one draft of today is made"
    reason = f"{made} (schedule.daily_drafts)"
    trouble.begin(world, KIND, reason, HINT)
    return world.record(job, "waiting", reason=reason, until=tomorrow, planned=True, trouble=KIND)
