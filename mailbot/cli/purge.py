"""mailbot purge: forget a person, a mail or a time."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli import FAILED
from mailbot.cli.options import config_option, json_option, opened
from mailbot.cli.say import say
from mailbot.cli.words import escaped, title
from mailbot.counted import counted

if TYPE_CHECKING:
    from mailbot.job import Job
    from mailbot.purge.find import Found, Target
    from mailbot.purge.removal import Removed
    from mailbot.wiring import Home

SHOWN = 10  # files of a kind that are listed; --json has all
EDITED = "Also the pages that you wrote in."


@click.command("purge")
@config_option
@json_option
@click.option("--address", default="", metavar="ADDRESS", help="What came from this person, or was drafted to them.")
@click.option("--message-id", default="", metavar="ID", help="One mail, by its Message-ID.")
@click.option("--before", default="", metavar="DATE", help="What was drafted before this day, such as 2026-01-31.")
@click.option("--edited", is_flag=True, help=EDITED)
@click.option("--yes", is_flag=True, help="Ask nothing. Pages that you wrote in stay, unless with --edited.")
@click.argument("ids", metavar="[ID]...", nargs=-1)
def command(
    config_path: Path | None,
    as_json: bool,
    address: str,
    message_id: str,
    before: str,
    edited: bool,
    yes: bool,
    ids: tuple[str, ...],
) -> int:
    """Forget a mail, a person, or what is old.

    Pages, prompts, sources, what the state says of it, and samples of your style go. It shows what it will remove,
    asks, and says what it cannot reach. An ID is that of a job, as mailbot list shows it."""
    from mailbot.errors import BadUsage
    from mailbot.purge import removal, unreached
    from mailbot.purge.find import find

    if sum(map(bool, (ids, address, message_id, before))) != 1:
        raise BadUsage("say what to forget, in one way: an ID, --address, --message-id or --before")
    if not (yes or as_json or sys.stdin.isatty()):
        raise BadUsage("there is nobody to ask here: say --yes to remove, or --json to see what would be")
    with opened(config_path) as home:
        if removal.finish(home.journal, home.store, home.index):
            say("An earlier purge had not come to its end; what it had begun is removed now.", err=True)
        target = _target(home, ids, address, message_id, before)
        found = find(home.journal, home.store, target)
        own_mails = removal.own_mails(home.index, target)
        beyond = unreached.sentences(home.config.archive.folder, home.config.state.folder, found.hosts)
        if not as_json:
            _show(found, own_mails, beyond)
            if not (found.jobs or found.files or found.edited or own_mails != 0):
                return FAILED if found.busy else 0
        sure = yes or (not as_json and click.confirm("Remove this?"))
        also = edited or bool(sure and not yes and found.edited and click.confirm(f"{EDITED[:-1]}?"))
        removed = removal.remove(home.journal, home.store, home.index, target, found, edited=also) if sure else None
        if as_json:
            click.echo(json.dumps(_document(found, removed, beyond), ensure_ascii=False, indent=2))
        elif removed:
            _tell(removed)
        return FAILED if found.busy or (removed and removed.trouble) else 0


def _target(home: Home, ids: tuple[str, ...], address: str, message_id: str, before: str) -> Target:
    from mailbot.errors import BadUsage
    from mailbot.purge.find import Target

    if address and "@" not in address:
        raise BadUsage("--address: write a mail address, such as mara@northwind.example")
    mails = frozenset((job.account, job.key) for job in map(home.journal.find, ids))
    bare = f"<{message_id.strip().strip('<>')}>" if message_id else ""
    try:
        day = datetime.combine(datetime.fromisoformat(before).date(), datetime.min.time()) if before else None
    except ValueError:
        raise BadUsage("--before: write a day, such as 2026-01-31") from None
    return Target(
        mails=mails,
        address=address.strip(),
        message_id=bare,
        before=day.replace(tzinfo=home.config.zone) if day else None,
    )


def _show(found: Found, own_mails: int | None, beyond: tuple[str, ...]) -> None:
    """``own_mails``: how many of the index go; None where that is not known now."""
    if found.jobs or found.files or own_mails != 0:
        jobs, files = counted(len(found.jobs), "job"), counted(len(found.files), "file")
        more = "own mails in the index" if own_mails is None else f"{counted(own_mails, 'own mail')} in the index"
        say(f"To be removed: {jobs} and {files}{f', and {more}' if own_mails != 0 else ''}.")
    else:
        say("Nothing is to be removed.")
    _list("", found.files)
    _list("You wrote in these pages; they stay unless you say otherwise:", found.edited)
    _list("Left alone, because they are not over (mailbot dismiss, or wait):", map(_named, found.busy))
    _list("These belong to others and name the address, too:", found.naming)
    _list("What mailbot cannot reach:", beyond)


def _list(heading: str, items: Any) -> None:
    lines = list(items)
    if lines and heading:
        say(heading)
    for line in lines[:SHOWN]:
        say(f"  {escaped(line)}")
    if len(lines) > SHOWN:
        say(f"  and {len(lines) - SHOWN} more")


def _named(job: Job) -> str:
    return f"{job.id[:8]}  {job.state}  {title(job)}"


def _tell(removed: Removed) -> None:
    mails = f", {counted(removed.own_mails, 'own mail')}" if removed.own_mails else ""
    say(f"Removed: {counted(len(removed.jobs), 'job')}, {counted(len(removed.files), 'file')}{mails}.")
    if removed.trouble:
        say(f"Own mails are still in the index, until mailbot starts again: {removed.trouble}", err=True)


def _document(found: Found, removed: Removed | None, beyond: tuple[str, ...]) -> dict[str, Any]:
    return {
        "removed": removed is not None,
        "jobs": list(removed.jobs) if removed else [job.id for job in found.jobs],
        "files": list(removed.files) if removed else found.files,
        "own_mails": removed.own_mails if removed else None,
        "edited": [path for path in found.edited if not removed or path not in removed.files],
        "left": [job.id for job in found.busy],
        "naming": found.naming,
        "not_reached": list(beyond),
        "trouble": removed.trouble if removed else "",
    }
