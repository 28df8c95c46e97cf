"""mailbot dismiss: give up a parked or held job."""

from __future__ import annotations

import time
from pathlib import Path

import click

from mailbot.cli.nudge import nudge
from mailbot.cli.options import config_option, opened


@click.command("dismiss")
@config_option
@click.argument("id")
def command(config_path: Path | None, id: str) -> None:
    """Give up a parked or held job.

    A page that says "failed" stays. The ID is that of mailbot list; its beginning will do."""
    from mailbot.errors import BadUsage
    from mailbot.job import IllegalEvent, State

    with opened(config_path) as home:
        job = home.journal.find(id)
        try:
            home.journal.record(job, "dismissed", time.time())
        except IllegalEvent:
            todo = "take the flag away to cancel it" if job.state is State.NEW else "only what failed or is held is"
            raise BadUsage(f"{job.id} is {job.state} and not to be dismissed: {todo}") from None
        nudge([job.account])  # what it told of the job may be over
        click.echo(f"{job.id}: given up.")
