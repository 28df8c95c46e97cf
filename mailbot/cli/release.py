"""mailbot release: draft what is held."""

from __future__ import annotations

import time
from pathlib import Path

import click

from mailbot.cli.nudge import nudge
from mailbot.cli.options import account_of, config_option, opened
from mailbot.cli.say import say
from mailbot.counted import counted


@click.command("release")
@config_option
@click.option("--all", "everything", is_flag=True, help="All that is held.")
@click.argument("ids", metavar="[ID]...", nargs=-1)
def command(config_path: Path | None, everything: bool, ids: tuple[str, ...]) -> None:
    """Draft what is held.

    Held is what was flagged with too many others at once (schedule.hold_above), and flags of unknown age after the
    state was lost; mailbot list shows them."""
    from mailbot.errors import BadUsage
    from mailbot.job import State

    with opened(config_path) as home:
        held = home.journal.held_jobs()
        if not ids and not held:
            click.echo("Nothing is held.")
            return
        if not ids and not everything:
            are = "is" if len(held) == 1 else "are"
            todo = "name the IDs (mailbot list shows them), or use --all"
            raise BadUsage(f"{counted(len(held), 'mail')} {are} held: {todo}")
        jobs = held if everything else [home.journal.find(id) for id in ids]
        wrong = [job.id for job in jobs if job.state is not State.HELD]
        if wrong:
            raise BadUsage(*(f"{id} is not held: mailbot show {id} tells what it is" for id in wrong))
        for job in jobs:
            account_of(home, job)
        with home.journal.transaction():
            for job in jobs:
                home.journal.record(job, "released", time.time())
        say(f"{len(jobs)} released. {nudge(job.account for job in jobs)}.")
