"""mailbot list: every job, newest first."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from mailbot.cli.columns import fitted
from mailbot.cli.options import config_option, json_option, opened
from mailbot.cli.say import say
from mailbot.cli.words import escaped, row, shortened, title, when, why

INDENT = 10  # columns before a reason: behind the ID


@click.command("list")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> None:
    """Every mail that was flagged, and what became of it.

    The newest come first. What stands at the front is the ID that the other commands take. On a terminal a line that
    is too long is cut."""
    from mailbot.job import State

    with opened(config_path) as home:
        jobs = home.journal.jobs()
        if as_json:
            click.echo(json.dumps([row(home, job) for job in jobs], ensure_ascii=False, indent=2))
            return
        if not jobs:
            click.echo("Nothing yet: flag a mail, then run mailbot once (or keep mailbot run going).")
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        for job in jobs:
            given_up = job.state is State.CANCELLED  # after its page, which keeps what it said
            state = str(job.state) if given_up or not job.status else job.status
            who = job.draft.get("to") or job.mail.get("from", "")
            minute = when(home, job.asked_at)[:16].replace("T", " ")
            line = escaped(f"{job.id[:8]}  {minute}  {state:<10}  {shortened(title(job))}  ({shortened(who)})")
            click.echo(fitted(line, width) if width else line)
            if reason := escaped(why(home, job)):
                say(" " * INDENT + reason)
