"""The facts as plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mailbot.cli.words import shortened
from mailbot.counted import counted

MISCOUNTED = "{} is searched at each look: the server's own count of its changes once missed a flag, which came late"


def lines(accounts: Iterable[dict[str, Any]]) -> Iterator[str]:
    for account in accounts:
        yield f"{account['account']}: {'ok' if account['healthy'] else 'NOT WELL'}"
        yield from (f"  {line}" for line in _account(account))


def _account(account: dict[str, Any]) -> Iterator[str]:
    runs = "runs" if account["running"] else "is not running"
    yield f"last good poll {account['last_poll'] or 'never'}; mailbot {runs}"
    if account["error"]:
        again = "" if account["troubles"] else "; it is tried again by itself"
        yield f"the last poll failed: {account['error']}{again}"
    took = account["median_seconds"]
    speed = "" if took is None else f"; median {took:g} s from flag to draft if not held up"
    yield f"{counted(account['drafts_today'], 'draft')} today, {account['drafts_week']} in 7 days{speed}"
    yield f"{counted(account['tokens_in_week'], 'token')} in and {account['tokens_out_week']:,} out in 7 days"
    if account["open"]:
        yield f"{account['open']} under way"
    for job in account["waiting"]:
        yield f"{job['id'][:8]} “{shortened(job['subject'])}” waits since {job['since']}: {job['reason']}"
        at_once = "" if account["running"] else ", or now with mailbot once --retry"
        yield f"         next try {job['until']}{at_once}"
    if account["held"]:
        yield f"{account['held']} held: mailbot list says why, mailbot release --all drafts what is held"
    for job in account["parked"]:
        yield f"{job['id'][:8]} “{shortened(job['subject'])}” gave up: {job['reason']}"
        yield "         mailbot redo tries again, mailbot dismiss gives it up"
    for job in account["differing"]:
        yield f"{job['id'][:8]} “{shortened(job['subject'])}” is stored otherwise than it was written: see its page"
    for folder in account["miscounted"]:
        yield MISCOUNTED.format(folder)
    for trouble in account["troubles"]:
        yield f"since {trouble['since']}: {trouble['reason']}. {trouble['hint']}."
