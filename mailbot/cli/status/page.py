"""The facts for a person at a terminal: what needs a hand comes in colour, and with what to do.

Pure: the moment and the width are arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from mailbot.cli.columns import columns_of, fitted, wrapped
from mailbot.cli.status.lines import MISCOUNTED
from mailbot.cli.words import escaped

LABEL = 11  # columns of the labels, with the indentation
INDENT = 10  # columns further in: behind the short id of a job
REASON = 300  # characters of a reason; servers quote whole pages
QUIET = 900  # seconds without a look, after which a mailbot that does not run is worth a word
SHOWN = 5  # jobs of a kind; `mailbot list` has all


def page(accounts: Sequence[dict[str, Any]], now: datetime, width: int) -> Iterator[str]:
    """The lines, none wider than ``width`` columns, with their colours."""
    well = all(account["healthy"] for account in accounts)
    words = _well(accounts) if well else "not well: see below"
    yield _ends(f"mailbot: {words}", f"{now:%a %d %b %Y, %H:%M}", width, "green" if well else "red")
    for account in accounts:
        yield ""
        yield from _account(account, now, width)


def _well(accounts: Sequence[dict[str, Any]]) -> str:
    """The one word for all: what waits for the owner is no illness, but he should not read "all is well" over it."""
    if any(account["held"] or account["parked"] or account["troubles"] for account in accounts):
        return "well; something waits for you"
    return "all is well" if any(account["last_poll"] for account in accounts) else "nothing done yet"


def _account(account: dict[str, Any], now: datetime, width: int) -> Iterator[str]:
    running = account["running"]
    name = account["account"] if account["healthy"] else f"{account['account']}: not well"
    colour = ("green" if running else "yellow") if account["healthy"] else "red"
    yield _ends(f"{name}  {account['address']}", "running" if running else "not running", width, colour)
    yield from _looked(account, now, width)
    if account["last_poll"]:
        yield from _row("drafts", _drafts(account), width)
    if account["tokens_in_week"]:
        tokens = f"{account['tokens_in_week']:,} in, {account['tokens_out_week']:,} out in 7 days"
        yield from _row("tokens", tokens, width)
    for trouble in account["troubles"]:
        if not trouble["kind"].startswith(("parked:", "held")):
            since = moment(trouble["since"], now)
            yield from _row("trouble", f"since {since}: {_short(trouble['reason'])}", width, "red")
            yield from _row("", f"{trouble['hint']}.", width)
    for folder in account["miscounted"]:
        yield from _row("folder", MISCOUNTED.format(folder), width)
    under_way = account["open"] - len(account["waiting"])
    if account["last_poll"] and not account["waiting"]:
        yield from _row("waiting", f"nothing; {under_way} under way" if under_way else "nothing", width)
    yield from _jobs("waiting", account["waiting"], now, width, retry=not account["running"])
    yield from _held(account, width)
    yield from _jobs("gave up", account["parked"], now, width)
    if account["parked"]:
        yield from _row("", "mailbot redo ID tries again, mailbot dismiss ID gives it up", width)
    changed = "stored otherwise than it was written: see its page"
    yield from _jobs("look at", [{**job, "reason": changed} for job in account["differing"]], now, width)


def _looked(account: dict[str, Any], now: datetime, width: int) -> Iterator[str]:
    if not account["last_poll"] and not account["error"]:
        todo = "not yet; mailbot once makes the first contact"
        yield from _row("looked", todo, width, "yellow")
        return
    text = ago(account["last_poll"], now) if account["last_poll"] else "never"
    wrong = _not_looked(account)
    if not wrong and not account["running"] and _seconds(account["last_poll"], now) > QUIET:
        yield from _row("looked", f"{text}; start mailbot run, unless cron does the work", width, "yellow")
        return
    yield from _row("looked", f"{text}; {wrong}" if wrong else text, width, "red" if wrong else None)


def _not_looked(account: dict[str, Any]) -> str:
    if account["error"]:
        told = any(trouble["reason"] in account["error"] for trouble in account["troubles"])
        return "the last try failed" if told else f"the last try failed: {_short(account['error'])}"
    if not account["late"]:
        return ""
    return "it runs and looks no more: see its log" if account["running"] else "nobody looks: start mailbot run"


def _drafts(account: dict[str, Any]) -> str:
    text = f"{account['drafts_today']} today, {account['drafts_week']} in 7 days"
    took = account["median_seconds"]
    return text if took is None else f"{text}; median {_span(took)} from flag to draft if not held up"


def _span(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _jobs(
    label: str, jobs: Sequence[dict[str, Any]], now: datetime, width: int, *, retry: bool = False
) -> Iterator[str]:
    """``retry``: whether ``mailbot once`` could try them now; beside a mailbot that runs it does nothing."""
    why = ""
    for number, job in enumerate(jobs[:SHOWN]):
        subject = fitted(escaped(job["subject"]), width - LABEL - INDENT)
        yield _label("" if number else label, "yellow") + f"{job['id'][:8]}  {subject}"
        if _why(job, now, retry) != why:  # many fail for one reason
            why = _why(job, now, retry)
            yield from _under(why, width)
    if len(jobs) > SHOWN:
        yield from _row("", f"and {len(jobs) - SHOWN} more: mailbot list", width)


def _why(job: dict[str, Any], now: datetime, retry: bool) -> str:
    if "until" not in job:
        return _short(job["reason"])
    tried = f"tried again at {moment(job['until'], now)}"
    at_once = ", or now: mailbot once --retry" if retry else ""
    return f"since {moment(job['since'], now)}: {_short(job['reason'])}; {tried}{at_once}"


def _held(account: dict[str, Any], width: int) -> Iterator[str]:
    if account["held"]:
        yield from _row("held", f"{account['held']}: {_short('; '.join(account['held_why']))}", width, "yellow")
        yield from _row("", "mailbot release --all drafts what is held, mailbot list names it", width)


def _row(label: str, text: str, width: int, colour: str | None = None) -> Iterator[str]:
    for number, line in enumerate(wrapped(escaped(text), width - LABEL)):
        yield _label("" if number else label, None) + click.style(line, fg=colour)


def _under(text: str, width: int) -> Iterator[str]:
    for line in wrapped(escaped(text), width - LABEL - INDENT):
        yield " " * (LABEL + INDENT) + line


def _label(label: str, colour: str | None) -> str:
    return "  " + click.style(f"{label:<{LABEL - 2}}", fg=colour, dim=True if colour is None else None)


def _ends(left: str, right: str, width: int, colour: str) -> str:
    """Left and right end of a line, bold and coloured."""
    left = fitted(escaped(left), width - len(right) - 2)
    gap = " " * max(2, width - columns_of(left) - len(right))
    return click.style(left, bold=True, fg=colour) + gap + click.style(right, dim=True)


def _short(text: str) -> str:
    return fitted(text, REASON)


def ago(then: str, now: datetime) -> str:
    """How long ago, in the largest unit of which it is at least two."""
    seconds = _seconds(then, now)
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} seconds ago" if seconds > 1 else "just now"


def _seconds(then: str, now: datetime) -> int:
    return max(0, int((now - datetime.fromisoformat(then)).total_seconds()))


def moment(then: str, now: datetime) -> str:
    """A moment as short as today allows: 06:12, 27 Nov 21:03, 3 Nov 2025."""
    if not then:
        return "now"
    at = datetime.fromisoformat(then).astimezone(now.tzinfo)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b %H:%M}" if abs((at - now).days) < 180 else f"{at.day} {at:%b %Y}"
