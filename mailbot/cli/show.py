"""mailbot show: one mail's history, event by event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mailbot.cli.options import config_option, opened
from mailbot.cli.words import account_name, escaped, when, why

# What is worth a word behind an event; the rest is in the journal.
TOLD = ("reason", "folder", "model", "tokens_in", "tokens_out", "status", "generation", "note")


@click.command("show")
@config_option
@click.argument("id")
def command(config_path: Path | None, id: str) -> None:
    """One mail's history, event by event.

    The ID is that of mailbot list; its beginning will do."""
    from mailbot.job import OPEN

    with opened(config_path) as home:
        job = home.journal.find(id)
        draft = job.draft if job.intent or job.state in OPEN else {}  # of a mail without one it was only composed
        files = {name: home.config.archive.folder / path for name, path in job.names.items() if path}
        facts = {
            "mail": f"{job.mail.get('subject', '')}  from {job.mail.get('from', '')}",
            "account": account_name(home, job.account),
            "state": f"{job.state} ({job.status})" if job.status not in ("", job.state) else str(job.state),
            "why": why(home, job),
            "draft": draft.get("subject", ""),
            "from": draft.get("from", ""),
            "to": draft.get("to", ""),
            "cc": draft.get("cc", ""),
            "draft id": draft.get("draft_message_id", ""),
            **{name: str(path) for name, path in files.items() if path.exists()},
            "remarks": "; ".join(job.remarks),
        }
        for name, value in facts.items():
            if value:
                click.echo(escaped(f"{name + ':':<10} {value}"))
        for each in home.journal.generations(job.account, job.key):
            click.echo(f"\nGeneration {each.generation}, ID {each.id}")
            for event in home.journal.events(each.id):
                click.echo(escaped(f"  {when(home, event.at)}  {event.kind:<10} {_told(event.data)}".rstrip()))


def _told(data: Any) -> str:
    return "  ".join(f"{name}={data[name]}" for name in TOLD if data.get(name) not in (None, ""))
