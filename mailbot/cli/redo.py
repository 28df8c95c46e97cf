"""mailbot redo: a new draft for the same mail."""

from __future__ import annotations

import time
from dataclasses import astuple
from pathlib import Path

import click

from mailbot.cli.nudge import nudge
from mailbot.cli.options import account_of, config_option, opened
from mailbot.cli.say import say
from mailbot.cli.words import why


@click.command("redo")
@config_option
@click.option("--note", default="", help="What you want to be different, for the model.")
@click.argument("id")
def command(config_path: Path | None, note: str, id: str) -> None:
    """Make a new draft for the same mail.

    The earlier draft stays where it is. A mailbot that runs begins at once, else the next run does it. The ID is that
    of mailbot list; its beginning will do."""
    from mailbot.errors import BadUsage
    from mailbot.job import OPEN, State

    with opened(config_path) as home:
        job = home.journal.generations((found := home.journal.find(id)).account, found.key)[-1]
        account_of(home, job)
        if job.state in OPEN:
            waits = f"it waits: {why(home, job)}" if job.waits_for else "wait for its draft"
            raise BadUsage(f"{job.id} is still under way; {waits}")
        if job.state is State.HELD:
            raise BadUsage(f"{job.id} is held: mailbot release {job.id} drafts it")
        new = home.journal.begin(
            "asked",
            time.time(),
            account=job.account,
            key=job.key,
            generation=job.generation + 1,
            place=astuple(job.place) if job.place else None,
            was_answered=True,  # an answer that was sent before is no reason against this wish
            limited=False,
            note=note,
            mail=dict(job.mail),
        )
        asked = f"{new.id}: asked for again (generation {new.generation}); an earlier draft stays where it is"
        say(f"{asked}. {nudge([job.account])}.")
